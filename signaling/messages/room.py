"""Inside the room: the payloads that are not `rooms.commands`' own, and what the server sends."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rooms.views import RoomView
from signaling.messages.agreement import AgreementView
from signaling.messages.base import Id, Line, Message, Time


class MediaOffer(Message):
    """The browser's one offer for a new connection. m-lines: see the protocol's chapter on media."""

    sdp: Annotated[str, StringConstraints(min_length=10, max_length=200_000)]


class MediaAnswer(Message):
    """The relay's answer. The connection belongs to this `media_epoch`, and ends with it."""

    sdp: str
    epoch: int


class IceServer(Message):
    """An entry of RTCConfiguration.iceServers."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class MediaSetup(Message):
    """What a browser needs before it offers."""

    slots: int = Field(description="receive slots for people: a pair of audio and video each")
    screen_slot: int = Field(description="the receive slot after those: one video line, for the shared screen")
    ice_servers: list[IceServer]
    relay_only: bool = Field(description="send media through the TURN servers alone")


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
    epoch: int = 0
    """With the worker lost: the placement that ended. A connection of a later one is not meant."""


class SocketAuth(Message):
    """Sent with the Socket.IO connection; the credential itself is the cookie."""

    seat: Id
    tab: Id
    version: str = Field(description="protocol version")
