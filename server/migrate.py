"""Bring a database to the newest schema: `await migrate(url)`."""

from __future__ import annotations

import asyncio
import fcntl
import importlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from vault.database import engine_url, sqlite_engine
from vault.tables import metadata

_PACKAGES = ("cases", "rooms", "recording", "agreements", "signaling", "server")
_FOLDER = Path(__file__).parent / "migrations"
# Any number that nothing else of ours locks on.
_LOCK = 0x4845534849


async def migrate(url: str) -> None:
    """Upgrade to head. Safe to call from several processes at once, and again: the second finds nothing to do.

    Raises BadDatabaseUrl.
    """
    target = engine_url(url)
    if target.get_backend_name() == "sqlite":
        assert target.database
        path = Path(target.database)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with _alone(path):
            await _run(sqlite_engine(target))
    else:
        await _run(create_async_engine(target))


def all_tables() -> MetaData:
    """The one MetaData, after importing the tables of every package."""
    for package in _PACKAGES:
        name = f"{package}.tables"
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            # A package may have no tables; a table module that fails to import something else is a fault.
            if error.name not in (package, name):
                raise
    return metadata


async def _run(engine: AsyncEngine) -> None:
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    # SQLite's own lock is not enough: turning WAL on in a new file does not wait its turn but fails.
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        await asyncio.to_thread(fcntl.flock, descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
