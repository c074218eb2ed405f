"""The table of rights, cell by cell, against one written out by hand."""

from __future__ import annotations

import pytest

from rooms import errors
from rooms.authority import AUTHORITY, ROLES, allowed
from rooms.commands import COMMANDS, perform
from rooms.model import Context, Room, Seat

# Columns: mediator party lawyer guardian community_worker interpreter insurer witness
EXPECTED = """
session.open      1 0 0 0 0 0 0 0
session.start     1 0 0 0 0 0 0 0
session.pause     1 0 0 0 0 0 0 0
session.resume    1 0 0 0 0 0 0 0
session.end       1 0 0 0 0 0 0 0
seat.admit        1 0 0 0 0 0 0 0
seat.refuse       1 0 0 0 0 0 0 0
seat.remove       1 0 0 0 0 0 0 0
seat.verify       1 0 0 0 0 0 0 0
seat.mute         1 0 0 0 0 0 0 0
seat.lower_hand   1 0 0 0 0 0 0 0
caucus.enter      1 0 0 0 0 0 0 0
caucus.leave      1 0 0 0 0 0 0 0
chat.send         1 1 1 1 1 1 1 1
hand.set          1 1 1 1 1 1 1 1
media.state       1 1 1 1 1 1 1 1
screen.share      1 1 1 1 1 1 1 1
screen.stop       1 1 1 1 1 1 1 1
seat.leave        0 1 1 1 1 1 1 1
"""
COLUMNS = (
    "mediator",
    "party",
    "lawyer",
    "guardian",
    "community_worker",
    "interpreter",
    "insurer",
    "witness",
)
ROWS = {line.split()[0]: [cell == "1" for cell in line.split()[1:]] for line in EXPECTED.strip().splitlines()}
CELLS = [(command, role, cell) for command, row in ROWS.items() for role, cell in zip(COLUMNS, row, strict=True)]


def test_the_tables_name_the_same_commands_and_roles() -> None:
    assert set(ROWS) == set(AUTHORITY) == set(COMMANDS)
    assert ROLES == COLUMNS


@pytest.mark.parametrize(("command", "role", "may"), CELLS)
def test_each_cell(command: str, role: str, may: bool) -> None:
    assert allowed(role, command) is may


@pytest.mark.parametrize(("command", "role", "may"), CELLS)
def test_each_cell_is_what_a_command_obeys(command: str, role: str, may: bool) -> None:
    """Without the right the answer is `command.forbidden` whatever the payload; with it, it is not."""
    seat = Seat("seat_1", "person_1", role, None, "某", presence="admitted", place=1)  # type: ignore[arg-type]
    room = Room("room_1", "case_1", "organ_1").with_seat(seat)
    code = ""
    try:
        perform(room, seat.id, command, {"nonsense": 1}, Context("2026-03-02T01:00:00.000Z", lambda prefix: prefix))
    except errors.CommandForbidden as error:
        code = error.code
    except errors.CommandInvalid as error:
        code = error.code
    assert code == ("command.invalid" if may else "command.forbidden")


def test_strangers_have_no_rights() -> None:
    assert not allowed("stranger", "chat.send")
    assert not allowed("mediator", "room.destroy")
