"""From what was typed to what is stored: the rules applied to inputs, without any input or output of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cases.errors import PartiesUnfit
from cases.inputs import NewParty, PartyChanges
from cases.model import Gender, IdType, Party, Side
from cases.rules import clean_document, clean_name, clean_phone, clean_text, parse_resident_id
from cases.rules.resident_id import agree
from formats.errors import Invalid
from vault import utc

FEWEST, MOST = 2, 12
_ID = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Person:
    """What is sealed under a party's own key."""

    name: str
    name_substitute: str
    id_type: IdType
    id_number: str
    phone: str
    address: str
    gender: Gender | None
    birth_date: str
    workplace: str


def clean_person(given: NewParty, today: date) -> Person:
    """Every rule for one person. Raises the rule's own error, naming the field."""
    gender, birth = given.gender, _day(given.birth_date, today)
    if given.id_type == "resident":
        resident = parse_resident_id(given.id_number, today)
        agree(resident, gender, birth or None)
        number, gender, birth = resident.number, resident.sex, resident.birth_date.isoformat()
    else:
        number = clean_document(given.id_type, given.id_number)
    return Person(
        name=clean_name(given.name),
        name_substitute=clean_name(given.name_substitute) if given.name_substitute else "",
        id_type=given.id_type,
        id_number=number,
        phone=clean_phone(given.phone),
        address=clean_text(given.address, limit=200, what="address"),
        gender=gender,
        birth_date=birth,
        workplace=clean_text(given.workplace, limit=200, what="workplace"),
    )


def merge_person(party: Party, changes: PartyChanges, today: date) -> Person:
    """The party's person with the changed fields, checked as a whole; a new resident number brings sex and birth."""
    person = Person(**{name: getattr(party, name) for name in Person.__dataclass_fields__})
    given = changes.model_dump(exclude_none=True, exclude={"private_contact"})
    if {"id_number", "id_type"} & set(given) and "resident" in (person.id_type, given.get("id_type")):
        # They come from the old number and would contradict the new one.
        person = replace(person, gender=None, birth_date="")
    return clean_person(NewParty.model_validate({"side": party.side, **vars(person), **given}), today)


def check_sides(sides: Sequence[Side]) -> None:
    """Two to twelve parties, someone on each side. Raises `PartiesUnfit`."""
    if not FEWEST <= len(sides) <= MOST or set(sides) != {"A", "B"}:
        raise PartiesUnfit(f"{len(sides)} parties")


def clean_moment(text: str, now: str) -> str:
    """A time typed with its zone, as stored text; empty stays empty; the future is refused. Raises `Invalid`."""
    if not text:
        return ""
    try:
        moment = utc.iso(utc.parse(text))
    except (ValueError, OverflowError):
        raise Invalid("happened_at") from None
    if not "1900" <= moment <= utc.later(now, 60):
        raise Invalid("happened_at")
    return moment


def is_id(text: str) -> bool:
    """Whether a text can be the id of a row: databases differ in how they choke on anything else."""
    return _ID.fullmatch(text) is not None


def station_day(now: str) -> date:
    """Today by the clocks of the stations (UTC+8): a child born this morning already has a number."""
    return (utc.parse(now) + timedelta(hours=8)).date()


def _day(text: str, today: date) -> str:
    if not text:
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("birth_date") from None
    if day > today or day.year < 1880:
        raise Invalid("birth_date")
    return day.isoformat()
