"""The whole of signaling as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import socketio
from starlette.types import ASGIApp

from signaling.http.app import http_app
from signaling.http.metrics import Counted, metrics_route
from signaling.http.pages import SafeHeaders, pages
from signaling.http.routes import ROUTES
from signaling.live.draining import Draining
from signaling.live.heads import Heads
from signaling.live.holders import Holders
from signaling.live.media import Media
from signaling.live.presence import Presence
from signaling.live.pump import Pump
from signaling.live.quality import Qualities
from signaling.live.sockets import Sockets
from signaling.live.workers import Workers
from signaling.meters import Family, Meters, gauge
from signaling.services import Services

MAX_EVENT = 2_000_000
"""Bytes of one Socket.IO event. Far more than any command may hold, so that an oversize one is refused with its code; a
larger one ends the socket."""


@asynccontextmanager
async def signaling_app(
    services: Services, worker_secret: str, dist: Path, replace_worker: Callable[[str], None]
) -> AsyncIterator[ASGIApp]:
    """Serve as long as the context lasts. `dist` holds the built pages; `replace_worker` starts another worker in the
    place of one that is to end, if it is this service that starts them.
    """
    sio = socketio.AsyncServer(
        async_mode="asgi", transports=["websocket"], max_http_buffer_size=MAX_EVENT, ping_interval=5, ping_timeout=8
    )
    holders, workers = Holders(), Workers(sio, worker_secret)
    media = Media(services, sio, holders, workers)
    pump = Pump(services, sio, holders, workers)
    presence = Presence(services, holders, media.hang_up)
    draining = Draining(services, holders, workers, pump, replace_worker)
    media.join(pump, presence, draining)
    workers.join(media)
    quality, meters = Qualities(services, sio, holders), Meters()
    heads = Heads(services)
    workers.listen("quality", lambda worker, data: quality.told(worker.name, data))
    workers.listen("heads", lambda worker, data: heads.told(worker.name, data))
    Sockets(services, sio, holders, pump, media, presence, quality, meters)
    services.rooms.on_change(lambda room: pump.poke(room.id))
    pump.start()
    quality.start()
    # Before any worker or page is back: what absent seats may still be showing has to be known by then.
    await presence.recover()
    watching = asyncio.create_task(workers.watch())
    for room_id in await pump.closing.unfinished():
        pump.poke(room_id)
    try:
        metrics = metrics_route(services.metrics_token, lambda: _families(meters, workers, holders, quality))
        http = Counted(http_app(services, ROUTES, [metrics, *pages(dist)]), meters)
        yield SafeHeaders(socketio.ASGIApp(sio, other_asgi_app=http))
    finally:
        watching.cancel()
        for part in (draining, presence, pump, workers):
            await part.stop()
        await quality.stop()


def _families(meters: Meters, workers: Workers, holders: Holders, quality: Qualities) -> Iterable[Family]:
    grades = quality.grades()
    yield gauge("heshi_workers", "media workers connected", len(workers.names()))
    yield gauge("heshi_rooms", "rooms with anybody connected", len(holders.rooms()))
    yield gauge("heshi_seats", "seats connected", len(list(holders)))
    yield gauge("heshi_endpoints", "devices with a media connection", quality.endpoints())
    yield Family(
        "heshi_connections",
        "gauge",
        "seats with a media connection, by how it carries",
        tuple(((("grade", grade),), grades[grade]) for grade in ("good", "fair", "poor")),
    )
    yield from meters.families()
    yield from quality.counters.families(set(workers.names()))
