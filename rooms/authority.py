"""Who may give which command: role × command, as data.

Presence conditions (a seat must be admitted, a session must be open) are not here: they are the rules' business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Role = Literal["mediator", "party", "lawyer", "guardian", "community_worker", "interpreter", "insurer", "witness"]

ROLES: Final[tuple[Role, ...]] = (
    "mediator",
    "party",
    "lawyer",
    "guardian",
    "community_worker",
    "interpreter",
    "insurer",
    "witness",
)
THIRD_PARTIES: Final[tuple[Role, ...]] = ROLES[2:]
"""The roles that come in by invite code."""

_HOST: Final[frozenset[Role]] = frozenset({"mediator"})
_GUESTS: Final[frozenset[Role]] = frozenset(ROLES[1:])
_ALL: Final[frozenset[Role]] = frozenset(ROLES)

AUTHORITY: Final[Mapping[str, frozenset[Role]]] = {
    "session.open": _HOST,
    "session.start": _HOST,
    "session.pause": _HOST,
    "session.resume": _HOST,
    "session.end": _HOST,
    "seat.admit": _HOST,
    "seat.refuse": _HOST,
    "seat.remove": _HOST,
    "seat.verify": _HOST,
    "seat.mute": _HOST,
    "seat.lower_hand": _HOST,
    "seat.leave": _GUESTS,
    "caucus.enter": _HOST,
    "caucus.leave": _HOST,
    "chat.send": _ALL,
    "hand.set": _ALL,
    "media.state": _ALL,
    "screen.share": _ALL,
    "screen.stop": _ALL,
}


def allowed(role: str, command: str) -> bool:
    """Whether a role's rights include a command; unknown roles and unknown commands have none."""
    return role in AUTHORITY.get(command, frozenset())
