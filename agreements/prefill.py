"""The first draft, copied from the case record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from cases.model import CaseFacts, Party

from .model import Attendee, Draft, PartyCopy
from .wording import STATION_ZONE, moment_words

FORMS = {"ZA": "za"}


def station_day(now: str) -> date:
    """The station's calendar day at a stored UTC time."""
    return datetime.fromisoformat(now.replace("Z", "+00:00")).astimezone(UTC).astimezone(STATION_ZONE).date()


def first_draft(
    facts: CaseFacts, mediator: Attendee, place: str, others: Sequence[Attendee], template: str, now: str
) -> Draft:
    """Everything the case knows already; the rest is typed by the officer."""
    case = facts.case
    return Draft(
        version=1,
        template=template,
        organ=facts.organ.name,
        number=case.number,
        mediator=mediator,
        fields={
            "held_at": station_day(now).isoformat(),
            "place": place,
            "mediator_post": facts.officer.post if facts.officer.id == mediator.person else "",
            "cause": case.cause,
            "happened_at": moment_words(case.happened_at) if case.happened_at else "",
            "happened_place": case.place,
            "facts": case.facts,
        },
        parties=party_copies(facts),
        others=tuple(others),
    )


def party_copies(facts: CaseFacts) -> tuple[PartyCopy, ...]:
    """The parties as the record has them now."""
    return tuple(_copy(party) for party in facts.parties)


def _copy(party: Party) -> PartyCopy:
    return PartyCopy(
        id=party.id,
        side=party.side,
        name=party.name,
        name_substitute=party.name_substitute,
        id_type=party.id_type,
        id_number=party.id_number,
        phone=party.phone,
        address=party.address,
        gender=party.gender or "",
        birth_date=party.birth_date,
        workplace=party.workplace,
        private_contact=party.private_contact,
    )
