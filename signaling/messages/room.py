"""Inside the room: the payload of every command, and what the server sends."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rooms.views import RoomView
from signaling.messages.agreement import AgreementView
from signaling.messages.base import Id, Line, Message, Side, Time


class SessionEnd(Message):
    """End the sitting."""

    outcome: Literal["agreed", "not_agreed", "suspended", "absent"]
    note: Annotated[str, StringConstraints(max_length=1000)] = ""


class SeatRef(Message):
    """The seat an act is about."""

    seat: Id


class SeatReason(SeatRef):
    """The seat, and why (kept on the record)."""

    reason: Annotated[str, StringConstraints(max_length=200)] = ""


class SeatVerify(SeatRef):
    """How the officer satisfied himself of who this is."""

    method: Literal["id_document", "known_in_person", "video_look"]


class SeatMute(SeatRef):
    """Silence a seat, or allow it to speak again."""

    muted: bool


class CaucusEnter(Message):
    """The side to speak with privately."""

    side: Side


class ChatSend(Message):
    """A chat message; in a caucus it stays in the caucus."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class HandSet(Message):
    """Raise or lower one's own hand."""

    raised: bool


class MediaState(Message):
    """What the device is sending."""

    mic: bool
    camera: bool


class MediaOffer(Message):
    """The browser's one offer for a new connection. m-lines: see the protocol's chapter on media."""

    sdp: Annotated[str, StringConstraints(min_length=10, max_length=200_000)]


class MediaAnswer(Message):
    """The relay's answer."""

    sdp: str


class IceServer(Message):
    """An entry of RTCConfiguration.iceServers."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class MediaSetup(Message):
    """What a browser needs before it offers."""

    slots: int
    ice_servers: list[IceServer]


class Snapshot(Message):
    """All that this seat may know, now. `etag` changes exactly when the rest does."""

    etag: str
    view: RoomView
    agreement: AgreementView | None
    media: MediaSetup


class Beat(Message):
    """Sent every few seconds; a client whose etag differs asks for `room.sync`."""

    etag: str
    now: Time


class Replaced(Message):
    """Another tab or device holds this seat now."""

    why: Literal["other_tab", "other_device", "removed"]


class MediaLost(Message):
    """The relay's connection is gone: offer again."""

    why: Line


class SocketAuth(Message):
    """Sent with the Socket.IO connection; the credential itself is the cookie."""

    seat: Id
    tab: Id
    version: str = Field(description="protocol version")
