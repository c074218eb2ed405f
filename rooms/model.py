"""The room's whole state: one immutable document, changed only by the pure rules.

Mappings in it are never mutated: a rule builds a new one. `rooms.codec` writes and reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pydantic import ConfigDict, with_config

from rooms.authority import Role
from rooms.views import MediaState, Phase, Presence, RecorderState, Result, Side

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

PLACES = 8
"""Endpoints that fit in a room; each browser has one receive slot fewer for their sound and pictures."""
SCREEN_SLOT = PLACES - 1
"""The receive slot after those: the shared screen, without sound."""
HOST_PLACE = 0
"""Kept for the mediator, so that a full room can always be hosted."""


_STORED = with_config(ConfigDict(extra="forbid"))  # for `rooms.codec`


@_STORED
@dataclass(frozen=True, slots=True)
class Session:
    """One sitting. Once `ended_at` is set nothing of it changes again."""

    id: str
    number: int
    opened_at: str
    started_at: str | None = None
    ended_at: str | None = None
    outcome: Result | None = None


@_STORED
@dataclass(frozen=True, slots=True)
class Identity:
    """What a person claimed at the door, and how much of it the record confirms (the officer's look is `verified`)."""

    claimed_name: str
    name_matches: bool
    phone_confirmed: bool
    id_hint_ok: bool
    at: str


@_STORED
@dataclass(frozen=True, slots=True)
class Consent:
    given: bool
    at: str


@_STORED
@dataclass(frozen=True, slots=True)
class Seat:
    """One person in the room. Bound to the person; `endpoint` is the device that holds the seat now."""

    id: str
    person_id: str
    role: Role
    side: Side | None
    name: str
    presence: Presence = "invited"
    identity: Identity | None = None
    consents: Mapping[str, Consent] = field(default_factory=dict)
    waiting_since: str | None = None
    verified_at: str | None = None
    verified_by: str | None = None
    hand: bool = False
    mic: bool = True
    camera: bool = True
    muted: bool = False
    endpoint: str | None = None
    previous_endpoint: str | None = None
    """The admitted device that gets the seat back if the officer refuses the new one."""
    place: int | None = None
    held_place: int | None = None
    """The place to come back to in this sitting."""


@_STORED
@dataclass(frozen=True, slots=True)
class Endpoint:
    """A device. Its seats are all of one side, so it never spans a caucus wall."""

    id: str
    seats: tuple[str, ...]
    device: str
    online: bool = False
    media: MediaState = "none"


@_STORED
@dataclass(frozen=True, slots=True)
class ChatMessage:
    """`side` is set exactly when it was written inside a caucus with that side."""

    id: str
    seat: str
    name: str
    at: str
    text: str
    caucus: str | None = None
    side: Side | None = None
    mediator: str | None = None
    """The mediator's seat in that caucus; another officer who takes over later does not inherit its words."""


@_STORED
@dataclass(frozen=True, slots=True)
class FrozenPeer:
    """A caucus member as the others saw them when the wall went up; they see nothing newer until it comes down."""

    seat: str
    name: str
    role: Role
    side: Side | None
    place: int
    verified: bool


@_STORED
@dataclass(frozen=True, slots=True)
class Caucus:
    side: Side
    revision: int
    """The room revision whose forwarding table raised the wall."""
    segment: str
    frozen: tuple[FrozenPeer, ...]


@_STORED
@dataclass(frozen=True, slots=True)
class Share:
    """A shared screen. It belongs to one seat at one device and to one audience."""

    seat: str
    endpoint: str
    caucus: int | None
    """The `Caucus.revision` of the wall behind which it was begun; `None` in the joint session."""


@_STORED
@dataclass(frozen=True, slots=True)
class Placement:
    worker: str
    epoch: int
    former: int = 0
    """The epoch that the room was moved from in good order, its worker still carrying; 0 after a loss."""


@_STORED
@dataclass(frozen=True, slots=True)
class Leaving:
    """The worker that a room is being moved from. It carries on under the orders it had, until the devices are over.

    `orders` is the table revision that raised the new placement: once the room's is another, it has to stop at once.
    """

    worker: str
    epoch: int
    orders: int


@_STORED
@dataclass(frozen=True, slots=True)
class Missing:
    """A device that was being recorded when its worker died and is not recorded again yet."""

    since: str
    segment: str


@_STORED
@dataclass(frozen=True, slots=True)
class Room:
    id: str
    case_id: str
    organ_id: str
    revision: int = 0
    phase: Phase = "idle"
    sessions: tuple[Session, ...] = ()
    seats: Mapping[str, Seat] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    chat: tuple[ChatMessage, ...] = ()
    caucus: Caucus | None = None
    share: Share | None = None
    """Read it by `rooms.rules.screen.sharing`: only that knows whether it still holds."""
    segment: str | None = None
    placement: Placement | None = None
    epoch: int = 0
    """The highest placement epoch ever used; a new placement must exceed it."""
    leaving: Leaving | None = None
    missing: Mapping[str, Missing] = field(default_factory=dict)
    """By endpoint: gaps of the recording that are not over."""
    recorder: RecorderState = "idle"
    recorder_reason: str = ""
    relay_revision: int = 0
    table_revision: int = 0

    @property
    def session(self) -> Session | None:
        """The sitting that is open now."""
        return self.sessions[-1] if self.sessions and self.sessions[-1].ended_at is None else None

    def with_seat(self, seat: Seat) -> Room:
        return replace(self, seats={**self.seats, seat.id: seat})

    def with_endpoint(self, endpoint: Endpoint) -> Room:
        return replace(self, endpoints={**self.endpoints, endpoint.id: endpoint})

    def without_endpoint(self, endpoint_id: str | None) -> Room:
        """A device that is no longer in `endpoints` has lost its credential."""
        return replace(self, endpoints={k: v for k, v in self.endpoints.items() if k != endpoint_id})

    def online(self, seat: Seat) -> bool:
        endpoint = self.endpoints.get(seat.endpoint or "")
        return endpoint is not None and endpoint.online


@dataclass(frozen=True, slots=True)
class Act:
    """One timeline entry to be: `subject` is the person whose key encrypts the payload (the case's, if `None`)."""

    act: str
    payload: dict[str, Json]
    article: str | None = None
    subject: str | None = None


Change = tuple[Room, list[Act]]


def new_segment(session: Session, context: Context) -> str:
    """The name of a stretch of recording under one mode and key; it tells its sitting."""
    return f"{context.new_id('seg')}-{session.id}"


def session_of_segment(segment: str) -> str:
    """The id of the sitting that a segment belongs to; empty for a foreign name."""
    return segment.partition("-")[2]


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may not make itself: the time (UTC ISO ms) and fresh ids."""

    now: str
    new_id: Callable[[str], str]


def is_member(seat: Seat, side: Side) -> bool:
    """Who sits in a caucus with `side`: the admitted mediator and the admitted seats of that side."""
    return seat.presence == "admitted" and (seat.role == "mediator" or seat.side == side)
