"""The shape of what one seat receives: the only JSON of the room that ever leaves the server.

`rooms.view` fills it in; `signaling/` exports the same models to TypeScript. Times are UTC ISO with milliseconds.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from rooms.authority import Role

Side = Literal["A", "B"]
Phase = Literal["idle", "open", "joint", "caucus", "paused"]
RecorderState = Literal["idle", "ok", "degraded", "failed"]
"""Degraded: the first place for journals failed, and they go on in the second."""
MediaState = Literal["none", "connecting", "connected", "failed"]
Presence = Literal["invited", "entering", "waiting", "admitted", "refused", "removed", "left"]
Result = Literal["agreed", "not_agreed", "suspended", "absent"]
Hint = Literal[
    "enter",  # identity or consents are still to be given
    "wait",  # the officer will let you in
    "refused",
    "removed",
    "left",
    "replaced",  # another device holds this seat now
    "not_open",  # admitted, but no sitting is open
    "not_started",  # the sitting is open, the session has not begun
    "break",
    "recorder_failed",
    "caucus_elsewhere",  # the mediator speaks privately with others
]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class YouView(_View):
    """The reader's own seat."""

    seat: str
    name: str
    role: Role
    side: Side | None
    presence: Presence
    place: int | None
    """Fixed while admitted; `None` before. The receive slots of peers follow from it."""
    mic: bool
    camera: bool
    muted: bool
    """Silenced by the officer; `mic` is the person's own switch."""
    hand: bool
    verified: bool
    consents: dict[str, bool]
    """Consent name → given (true) or declined (false); a matter not yet asked is absent."""


class PeerView(_View):
    """Another admitted seat."""

    seat: str
    name: str
    role: Role
    side: Side | None
    slot: int | None
    """The reader's receive slot (0–6) that carries this peer; `None` for a person at the reader's own device."""
    presence: Presence
    online: bool
    mic: bool
    camera: bool
    muted: bool
    hand: bool
    verified: bool
    media: MediaState
    apart: bool
    """Behind a caucus wall: every changing field is then a constant and must not be shown."""


class WaitingView(_View):
    """Somebody at the door, as the mediator sees them (nobody else receives this)."""

    seat: str
    name: str
    role: Role
    side: Side | None
    claimed_name: str
    name_matches: bool
    phone_confirmed: bool
    id_hint_ok: bool
    since: str
    new_device: bool
    """The seat was already admitted on another device, which gives way if this one is admitted."""
    refused: bool
    """Refused before; may still be admitted."""
    online: bool


class ScreenView(_View):
    """The shared screen that the reader may see, or shares."""

    seat: str
    name: str
    slot: int | None
    """The reader's receive slot that carries it; `None` for whoever sits at the sharing device."""


class ChatView(_View):
    id: str
    seat: str
    name: str
    at: str
    text: str
    private: bool
    """Written inside a caucus of which the reader is a member."""


class SessionView(_View):
    number: int
    started_at: str | None


class LastView(_View):
    """The sitting that ended last, and how."""

    number: int
    outcome: Result


class RoomView(_View):
    """Everything one seat may know.

    Before admission everything but `you`, `organ` and `waiting_hint` is empty, `None` or zero.
    """

    etag: str
    """First 16 hex digits of SHA-256 over the canonical JSON of all the other fields."""
    organ: str
    you: YouView
    phase: Phase | None
    waiting_hint: Hint | None
    private: bool
    """The private sign: a caucus member, and the relay has acknowledged the wall."""
    caucus: Literal["none", "member", "other_side"]
    caucus_side: Side | None
    session: SessionView | None
    last: LastView | None
    """Only between sittings (phase `idle`); `None` before the first has ended."""
    recorder: RecorderState | None
    screen: ScreenView | None
    peers: list[PeerView]
    waiting: list[WaitingView]
    chat: list[ChatView]
    media_epoch: int
    """Changes when clients must make a new media connection; 0 while no relay is placed."""
    media_former: int
    """The epoch whose connections still carry until the new ones do; those of any other than the two are void."""
