"""What a client may ask of a room: a table of payload and small function per command name.

`perform` is pure: it checks the payload, the role (AUTHORITY) and the seat's presence, then applies the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cases.rules import clean_text
from rooms import errors
from rooms.authority import AUTHORITY, allowed
from rooms.model import Change, Context, Room, Seat
from rooms.rules import caucus, chat, screen, seats, sessions
from rooms.views import Result, Side

_SeatId = Annotated[str, Field(min_length=1, max_length=64)]
MAX_TEXT = 1000
MAX_REASON = 200
MAX_NOTE = 2000


class Payload(BaseModel):
    """Strict: no coercion, no unknown field."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Nothing(Payload):
    pass


class EndSession(Payload):
    outcome: Result
    note: str = Field(default="", max_length=MAX_NOTE)


class OneSeat(Payload):
    seat: _SeatId


class SeatReason(Payload):
    seat: _SeatId
    reason: str = Field(default="", max_length=MAX_REASON)


class VerifySeat(Payload):
    seat: _SeatId
    method: Literal["id_document", "known_in_person", "video_look"]


class MuteSeat(Payload):
    seat: _SeatId
    muted: bool


class EnterCaucus(Payload):
    side: Side


class SendChat(Payload):
    text: str = Field(min_length=1, max_length=MAX_TEXT)


class SetHand(Payload):
    raised: bool


class MediaSwitches(Payload):
    mic: bool
    camera: bool


Handler = Callable[[Room, Seat, Any, Context], Change]
P = TypeVar("P", bound=Payload)


@dataclass(frozen=True, slots=True)
class Command:
    payload: type[Payload]
    handle: Handler


def _command(payload: type[P], handle: Callable[[Room, Seat, P, Context], Change]) -> Command:
    return Command(payload, cast(Handler, handle))


def _note(text: str) -> str:
    return clean_text(text, limit=MAX_NOTE, lines=True, what="note")


def _reason(text: str) -> str:
    return clean_text(text, limit=MAX_REASON, what="reason")


def _words(text: str) -> str:
    # Joiner and emoji selector are part of what phones type; in words that nobody signs they do no harm.
    plain = text.replace("\u200d", "").replace("\ufe0f", "")
    clean_text(plain, limit=MAX_TEXT, lines=True, empty=False, what="text")
    return text.replace("\r\n", "\n").strip()


COMMANDS: Final[Mapping[str, Command]] = {
    "session.open": _command(Nothing, lambda room, _, __, c: sessions.open_session(room, c)),
    "session.start": _command(Nothing, lambda room, _, __, c: sessions.start(room, c)),
    "session.pause": _command(Nothing, lambda room, _, __, c: sessions.pause(room, c)),
    "session.resume": _command(Nothing, lambda room, _, __, c: sessions.resume(room, c)),
    "session.end": _command(EndSession, lambda room, _, p, c: sessions.end(room, p.outcome, _note(p.note), c)),
    "seat.admit": _command(OneSeat, lambda room, _, p, c: seats.admit(room, p.seat, c)),
    "seat.refuse": _command(SeatReason, lambda room, _, p, c: seats.refuse(room, p.seat, _reason(p.reason), c)),
    "seat.remove": _command(SeatReason, lambda room, _, p, c: seats.remove(room, p.seat, _reason(p.reason), c)),
    "seat.verify": _command(VerifySeat, lambda room, seat, p, c: seats.verify(room, p.seat, p.method, seat, c)),
    "seat.mute": _command(MuteSeat, lambda room, _, p, c: seats.mute(room, p.seat, p.muted, c)),
    "seat.lower_hand": _command(OneSeat, lambda room, _, p, c: seats.lower_hand(room, p.seat, c)),
    "seat.leave": _command(Nothing, lambda room, seat, _, c: seats.leave(room, seat, c)),
    "caucus.enter": _command(EnterCaucus, lambda room, _, p, c: caucus.enter(room, p.side, c)),
    "caucus.leave": _command(Nothing, lambda room, _, __, c: caucus.leave(room, c)),
    "chat.send": _command(SendChat, lambda room, seat, p, c: chat.send(room, seat, _words(p.text), c)),
    "hand.set": _command(SetHand, lambda room, seat, p, c: seats.set_hand(room, seat, p.raised, c)),
    "media.state": _command(MediaSwitches, lambda room, seat, p, c: seats.set_media(room, seat, p.mic, p.camera, c)),
    "screen.share": _command(Nothing, lambda room, seat, _, c: screen.share(room, seat, c)),
    "screen.stop": _command(Nothing, lambda room, seat, _, c: screen.stop(room, seat, c)),
}
"""Every client command by its Socket.IO event name; `payload` is its strict form."""


def perform(room: Room, seat_id: str, name: str, payload: object, context: Context) -> Change:
    """Give one command as the person of `seat_id`.

    Raises CommandUnknown, SeatUnknown, CommandForbidden, SeatNotAdmitted, CommandInvalid (in this order) or the rule's
    own refusal.
    """
    command = COMMANDS.get(name)
    if command is None or name not in AUTHORITY:
        raise errors.CommandUnknown(name[:40])
    seat = seats.seat_of(room, seat_id)
    if not allowed(seat.role, name):
        raise errors.CommandForbidden(name)
    seats.require_admitted(seat)
    try:
        checked = command.payload.model_validate(payload)
    except ValidationError as error:
        fields = {".".join(map(str, part["loc"]))[:40] for part in error.errors()}
        raise errors.CommandInvalid(", ".join(sorted(fields))) from None
    return command.handle(room, seat, checked, context)
