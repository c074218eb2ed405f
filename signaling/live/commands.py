"""All that a seat may say, as one table: payload, who, what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from pydantic import BaseModel

from rooms.authority import AUTHORITY, ROLES, Role
from rooms.commands import COMMANDS as ROOM_COMMANDS
from rooms.errors import SeatNotAdmitted
from signaling.live import agreements
from signaling.live.snapshots import snapshot_of
from signaling.live.speaker import Speaker
from signaling.messages import agreement as said
from signaling.messages.base import Empty
from signaling.messages.quality import QualityNews, QualityReport
from signaling.messages.room import Beat, MediaAnswer, MediaLost, MediaOffer, Replaced, Snapshot

Run = Callable[[Speaker, Any], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the table; `docs/protocol.md` is made from it. Roles are checked before `run` sees anything."""

    payload: type[BaseModel]
    reply: type[BaseModel] | None
    summary: str
    roles: frozenset[Role]
    run: Run


async def _room(speaker: Speaker, payload: BaseModel) -> dict[str, Any]:
    holder = speaker.holder
    if speaker.name in _BEGIN_RECORDING:
        await speaker.media.probe_recorder(holder.room)
    await speaker.services.rooms.command(
        holder.room, holder.seat, speaker.name, payload.model_dump(), speaker.key, holder.endpoint
    )
    return {}


_BEGIN_RECORDING: Final = frozenset({"session.start", "session.resume"})


async def _sync(speaker: Speaker, _: Empty) -> dict[str, Any]:
    holder = speaker.holder
    snapshot = await snapshot_of(speaker.services, holder.room, holder.seat, holder.endpoint)
    # A sign that goes out is the pump's to tell, which waits for the seat's word before anybody hears it.
    if snapshot.view.private or not holder.private:
        holder.etag, holder.private = snapshot.etag, snapshot.view.private
    return snapshot.model_dump(mode="json")


async def _offer(speaker: Speaker, payload: MediaOffer) -> dict[str, Any]:
    sdp, epoch = await speaker.media.offer(speaker.holder, payload.sdp)
    return {"sdp": sdp, "epoch": epoch}


async def _quality(speaker: Speaker, payload: QualityReport) -> dict[str, Any]:
    seat = (await speaker.services.room(speaker.holder.room)).seats[speaker.holder.seat]
    if seat.presence != "admitted" or seat.endpoint != speaker.holder.endpoint:
        raise SeatNotAdmitted
    speaker.quality.report(speaker.holder, speaker.key, payload)
    return {}


_SUMMARIES: Final[Mapping[str, str]] = {
    "session.open": "open the sitting: people may be let in, nothing flows yet",
    "session.start": "begin the joint session, forwarding and recording",
    "session.pause": "a break: nothing flows, nothing is recorded",
    "session.resume": "go on after a break",
    "session.end": "end the sitting with its outcome",
    "seat.admit": "let a waiting person in",
    "seat.refuse": "do not let a waiting person in",
    "seat.remove": "put a person out of the room",
    "seat.verify": "record that the officer is satisfied who this is",
    "seat.mute": "silence a person, or lift that",
    "seat.lower_hand": "lower a person's hand",
    "seat.leave": "leave the room",
    "caucus.enter": "speak with one side alone; *private* shows once the relay has acknowledged",
    "caucus.leave": "back to the joint session",
    "chat.send": "write to everybody, or inside a caucus to its members",
    "hand.set": "raise or lower one's own hand",
    "media.state": "tell whether microphone and camera are on",
    "screen.share": "show one's screen to whoever hears one now; one at a time",
    "screen.stop": "end one's own share; the mediator ends anybody's",
}

_HOST: Final = frozenset[Role]({"mediator"})
_SIGNERS: Final = frozenset[Role]({"mediator", "party"})
_ALL: Final = frozenset[Role](ROLES)


def _command(
    payload: type[BaseModel], reply: type[BaseModel] | None, summary: str, roles: frozenset[Role], run: Any
) -> Command:
    return Command(payload, reply, summary, roles, cast(Run, run))


COMMANDS: Final[dict[str, Command]] = {
    "room.sync": _command(Empty, Snapshot, "ask for everything this seat may know", _ALL, _sync),
    "media.offer": _command(MediaOffer, MediaAnswer, "connect this device's media anew", _ALL, _offer),
    "quality.report": _command(QualityReport, None, "what only the browser knows of its connection", _ALL, _quality),
    **{
        name: _command(command.payload, None, _SUMMARIES[name], AUTHORITY[name], _room)
        for name, command in ROOM_COMMANDS.items()
    },
    "agreement.start": _command(Empty, None, "begin a draft from the case record", _HOST, agreements.start),
    "agreement.edit": _command(said.AgreementEdit, None, "change the draft", _HOST, agreements.edit),
    "agreement.lock": _command(said.AgreementLock, None, "freeze the text by its hash", _HOST, agreements.lock),
    "agreement.unlock": _command(Empty, None, "open the text again: all signatures drop", _HOST, agreements.unlock),
    "agreement.reopen": _command(Empty, None, "a new draft after somebody declined", _HOST, agreements.reopen),
    "agreement.sign": _command(said.AgreementSign, None, "sign the locked text by hand", _SIGNERS, agreements.sign),
    "agreement.decline": _command(
        said.AgreementDecline, None, "refuse to sign, which ends signing for all", _SIGNERS, agreements.decline
    ),
    "agreement.seal": _command(Empty, None, "make and seal the PDF once all have signed", _HOST, agreements.seal),
}

EVENTS: Final[dict[str, tuple[type[BaseModel], str]]] = {
    "snapshot": (Snapshot, "all that this seat may know, after any change of it"),
    "beat": (Beat, "every few seconds; a client whose etag differs asks for `room.sync`"),
    "replaced": (Replaced, "another tab or device holds this seat now"),
    "quality": (QualityNews, "how this seat's connection carries, when that has changed"),
    "media.lost": (MediaLost, "the media connection is gone: offer again"),
}
