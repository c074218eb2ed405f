"""What a screen may show without asking: pure projections with everything sensitive masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cases.model import Case, CaseRow, Party, PartyView
from cases.rules.masking import mask_address, mask_date, mask_id, mask_name, mask_phone, mask_text


def masked_case(case: Case) -> Case:
    """The case with its facts hidden."""
    return replace(case, facts=mask_text(case.facts))


def party_view(party: Party) -> PartyView:
    """The party with the name in full (the officer compares it with a document) and the rest masked."""
    return PartyView(
        id=party.id,
        side=party.side,
        name=party.name,
        name_substitute=party.name_substitute,
        id_type=party.id_type,
        id_number=mask_id(party.id_number),
        phone=mask_phone(party.phone),
        address=mask_address(party.address),
        gender=party.gender,
        birth_date=mask_date(party.birth_date),
        workplace=mask_text(party.workplace),
        private_contact=party.private_contact,
    )


def case_row(case: Case, parties: Sequence[Party]) -> CaseRow:
    """One line of a list."""
    in_order = sorted(parties, key=lambda party: party.side)
    return CaseRow(
        id=case.id,
        organ_id=case.organ_id,
        number=case.number,
        track=case.track,
        cause=case.cause,
        status=case.status,
        outcome=case.outcome,
        officer_id=case.officer_id,
        created_at=case.created_at,
        parties=tuple(mask_name(party.name) for party in in_order),
    )
