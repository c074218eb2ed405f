"""Seats' sockets: who may connect, what each may say, and what happens when one goes away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

import socketio
from pydantic import ValidationError

from rooms.errors import CommandForbidden, CommandUnknown, SeatReplaced
from signaling.errors import DeviceUnknown, Flooding, Malformed, SignInNeeded, to_reply
from signaling.http.app import OFFICER_COOKIE
from signaling.http.entry import HOST_MARK, device_cookie
from signaling.live.commands import COMMANDS, Command
from signaling.live.holders import Holder, Holders
from signaling.live.media import Media
from signaling.live.presence import Presence
from signaling.live.pump import Pump
from signaling.live.quality import Qualities
from signaling.live.speaker import Speaker
from signaling.messages.base import PROTOCOL_VERSION
from signaling.messages.room import SocketAuth
from signaling.meters import Meters
from signaling.services import Services

log = logging.getLogger("heshi.sockets")

MAX_KEY = 64
REPLACED_S = 1.0
"""How long a replaced socket stays open, so that it hears why it ends."""


class Sockets:
    """The `/` namespace. A seat has one socket; the newest wins and the older is told."""

    def __init__(
        self,
        services: Services,
        sio: socketio.AsyncServer,
        holders: Holders,
        pump: Pump,
        media: Media,
        presence: Presence,
        quality: Qualities,
        meters: Meters,
    ) -> None:
        self._services, self._sio, self._holders, self._pump, self._media = services, sio, holders, pump, media
        self._presence, self._quality, self._meters = presence, quality, meters
        self._leaving: set[asyncio.Task[None]] = set()
        sio.on("connect", self._connect)
        sio.on("disconnect", self._disconnect)
        sio.on("*", self._unknown)
        for name, command in COMMANDS.items():
            sio.on(name, self._receive(name, command))

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        # The library takes a client's own event of this name for a connection, too.
        if self._holders.by_sid(sid) is not None:
            return
        try:
            holder = await self._admit_socket(sid, environ, auth)
            older = self._holders.take(holder)
            try:
                if older is not None:
                    await self._replace(older, holder)
                await self._presence.settle(holder.room, holder.endpoint)
            except BaseException:
                self._holders.drop(sid)  # a refused socket is never told to be gone
                raise
        except Exception as error:
            _, reply = to_reply(error)
            self._meters.count("heshi_sockets_total", outcome="refused")
            raise socketio.exceptions.ConnectionRefusedError(reply.error.code, reply.error.model_dump()) from error
        self._meters.count("heshi_sockets_total", outcome="let_in")
        self._pump.poke(holder.room)

    async def _replace(self, older: Holder, newer: Holder) -> None:
        """Tell the older socket, end it in a moment; what it might have left behind is settled."""

        async def end() -> None:
            await asyncio.sleep(REPLACED_S)
            await self._sio.disconnect(older.sid)

        await self._sio.emit("replaced", {"why": _why(older, newer)}, to=older.sid)
        task = asyncio.create_task(end())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        if older.endpoint != newer.endpoint:
            await self._presence.settle(older.room, older.endpoint)

    async def _admit_socket(self, sid: str, environ: dict[str, Any], auth: object) -> Holder:
        try:
            asked = SocketAuth.model_validate(auth)
        except ValidationError as error:
            raise Malformed("auth") from error
        if asked.version != PROTOCOL_VERSION:
            raise Malformed("version")
        cookies = _cookies(environ)
        token = cookies.get(device_cookie(asked.seat), "")
        if token.startswith(HOST_MARK):
            return await self._host(sid, token.removeprefix(HOST_MARK), asked.seat, cookies.get(OFFICER_COOKIE, ""))
        if token:
            device = await self._services.db.read(lambda tx: self._services.entry.authenticate(tx, token))
            if device.seat_id != asked.seat:
                raise DeviceUnknown
            return await self._holder(sid, device.room_id, asked.seat, device.endpoint_id)
        raise DeviceUnknown

    async def _host(self, sid: str, room_id: str, seat_id: str, token: str) -> Holder:
        """An officer's socket: the seat must be the signed-in officer's own. The cookie's room is only a hint."""
        session = await self._services.officers.session(token)
        seat = (await self._services.room(room_id)).seats.get(seat_id)
        if seat is None or seat.role != "mediator" or seat.person_id != session.officer.id or seat.endpoint is None:
            raise SignInNeeded
        holder = await self._holder(sid, room_id, seat_id, seat.endpoint)
        holder.officer_token = token
        return holder

    async def _holder(self, sid: str, room_id: str, seat: str, endpoint: str) -> Holder:
        room = await self._services.room(room_id)
        if endpoint not in room.endpoints:
            raise DeviceUnknown
        held = room.seats[seat]
        # A device that lost its seat to another must not push that one out by connecting again.
        if held.endpoint != endpoint:
            raise SeatReplaced
        return Holder(sid, room_id, seat, endpoint, held.person_id, held.role)

    async def _disconnect(self, sid: str, reason: str = "") -> None:
        holder = self._holders.drop(sid)
        if holder is not None:
            meant = reason in (self._sio.reason.CLIENT_DISCONNECT, self._sio.reason.SERVER_DISCONNECT)
            await (self._presence.gone(holder) if meant else self._presence.lost(holder))
            self._pump.poke(holder.room)

    async def _unknown(self, *said: object) -> dict[str, Any]:
        # The event's name comes before the sid, but not when it is the library's own "*".
        holders = (self._holders.by_sid(word) for word in said[:2] if isinstance(word, str))
        holder = next((holder for holder in holders if holder is not None), None)
        spent = holder is not None and not holder.budget.spend(asyncio.get_running_loop().time())
        return to_reply(Flooding() if spent else CommandUnknown())[1].model_dump()

    def _receive(self, name: str, command: Command) -> Callable[..., Awaitable[dict[str, Any]]]:
        async def receive(sid: str, data: object = None, *rest: object) -> dict[str, Any]:
            try:
                holder = self._holders.by_sid(sid)
                if holder is None:
                    raise SeatReplaced
                if not holder.budget.spend(asyncio.get_running_loop().time()):
                    raise Flooding
                if holder.role not in command.roles:
                    raise CommandForbidden(name)
                key, payload = _parse(command, data)
                speaker = Speaker(self._services, self._media, self._quality, self._pump.poke, holder, name, key)
                done = await command.run(speaker, payload)
            except Exception as error:
                status, reply = to_reply(error)
                outcome = "refused" if status < 500 else "failed"
                self._meters.count("heshi_commands_total", command=name, outcome=outcome)
                return reply.model_dump()
            self._meters.count("heshi_commands_total", command=name, outcome="done")
            return {"ok": True, **done}

        return receive


def _parse(command: Command, data: object) -> tuple[str | None, Any]:
    if not isinstance(data, dict):
        raise Malformed("payload")
    fields = dict(data)
    key = fields.pop("key", None)
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= MAX_KEY):
        raise Malformed("key")
    return key, command.payload.model_validate(fields)


def _why(older: Holder, newer: Holder) -> str:
    return "other_tab" if older.endpoint == newer.endpoint else "other_device"


def _cookies(environ: dict[str, Any]) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(str(environ.get("HTTP_COOKIE", "")))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}
