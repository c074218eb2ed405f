"""The service: migrate, listen, and keep the children (workers, jobs) alive."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager

import uvicorn

from server.migrate import migrate
from server.pool import Pool
from server.settings import PREFIX, Settings
from server.supervise import Child
from server.wiring import ROOT, House, near_url, open_house
from server.worker_settings import berths, worker_environ
from signaling.app import signaling_app

log = logging.getLogger("heshi.serve")

DIST = ROOT / "web" / "dist"


class _Server(uvicorn.Server):
    """Without signal handlers of its own: the children must end before it, in order. `up` is set once it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class NotBuilt(SystemExit):
    """The pages have not been built."""


async def serve(settings: Settings, ready: Callable[[House, str], Awaitable[None]]) -> None:
    """Run until SIGTERM or SIGINT. `ready` is called once the first page can be answered, with the base address."""
    if not (DIST / "console.html").exists():
        raise NotBuilt("The web pages are not built yet; run: make setup")
    os.umask(0o077)
    await migrate(settings.database_url)
    async with open_house(settings) as house, AsyncExitStack() as stack:
        listener = _listen(settings)
        port = listener.getsockname()[1]
        pool = _pool(settings, house, port)
        app = await stack.enter_async_context(
            signaling_app(house.services, house.keys.worker_secret, DIST, pool.replace)
        )
        server = _Server(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                lifespan="off",
                ws="websockets-sansio",
                timeout_graceful_shutdown=3,
            )
        )
        await _run(server, listener, pool, lambda: _tell(ready, house, settings, port))


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise SystemExit(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}); set HESHI_PORT to another port."
        ) from error
    return listener


def _pool(settings: Settings, house: House, port: int) -> Pool:
    url = near_url(settings, port)

    def worker(number: int) -> Child:
        told = worker_environ(settings, house.keys, url, number)
        return Child(f"worker {number}", ["worker"], worker_process_environ(told, settings.log_level))

    return Pool(settings.workers, berths(settings), url, worker)


def worker_process_environ(told: Mapping[str, str], log_level: str) -> dict[str, str]:
    """A worker's whole environment: ours without the service's own settings, which name the database's password."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**plain, f"{PREFIX}LOG_LEVEL": log_level, **told}


async def _tell(ready: Callable[[House, str], Awaitable[None]], house: House, settings: Settings, port: int) -> None:
    address = settings.base_url if settings.port else f"http://localhost:{port}"
    log.info("listening on %s", address)
    await ready(house, address)


async def _run(server: _Server, listener: socket.socket, pool: Pool, tell: Callable[[], Awaitable[None]]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await server.up.wait()
    jobs = Child("jobs", ["jobs", "--server", str(os.getpid())], dict(os.environ))
    watched = [asyncio.create_task(pool.run()), asyncio.create_task(jobs.run())]
    await tell()
    await asyncio.wait({serving, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
    for task in watched:
        task.cancel()
    await asyncio.gather(*watched, return_exceptions=True)
    server.should_exit = True
    await serving
