"""One database behind one face: SQLite or PostgreSQL, by URL.

Locking: SQLite has one writer at a time (`BEGIN IMMEDIATE`, queued in process); PostgreSQL has READ COMMITTED and
compare-and-swap, and `Transaction.alone` for what must be one after the other. A transaction that lost a race is run
again from its start.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from contextvars import ContextVar
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Executable, RowMapping, event, func, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vault.conflicts import lost_a_race
from vault.errors import BadDatabaseUrl, Busy, StaleRevision

T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
AfterCommit = Callable[[], object]

MAX_ATTEMPTS = 12
_BUSY_SECONDS = 30
_log = logging.getLogger(__name__)
_writing: ContextVar[asyncio.Task[Any] | None] = ContextVar("writing", default=None)


class Transaction:
    """What a closure given to `transact` or `read` works with. `memo` lives as long as this one attempt."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._callbacks: list[AfterCommit] = []
        self.memo: dict[object, Any] = {}

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._connection.dialect.name

    async def execute(self, statement: Executable, parameters: Parameters = None) -> CursorResult[Any]:
        """Run one statement."""
        return await self._connection.execute(statement, parameters)

    async def one(self, statement: Executable, parameters: Parameters = None) -> RowMapping | None:
        """The only row, or None. Raises sqlalchemy.exc.MultipleResultsFound when there are more."""
        return (await self.execute(statement, parameters)).mappings().one_or_none()

    async def all(self, statement: Executable, parameters: Parameters = None) -> list[RowMapping]:
        """All rows."""
        return list((await self.execute(statement, parameters)).mappings().all())

    async def swap(self, statement: Executable) -> None:
        """Compare-and-swap: run an UPDATE or DELETE whose WHERE names the expected revision.

        Raises StaleRevision (so that `transact` starts again) unless exactly one row was touched.
        """
        if (await self.execute(statement)).rowcount != 1:
            raise StaleRevision

    async def alone(self, name: str) -> None:
        """Wait until no other transaction holds `name`, and hold it until this one ends; what is read next is settled.

        For what everybody appends to: there, trying again starves the unlucky. SQLite's one writer is alone anyway.
        """
        if self.dialect == "postgresql":
            await self.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))

    def after_commit(self, callback: AfterCommit) -> None:
        """Call `callback` (and await what it returns, if awaitable) once, after the commit, in the order given.

        A failing callback is logged and does not stop the others: the change is already a fact.
        """
        self._callbacks.append(callback)


class Database:
    """Open with `await Database.open(url)`: `sqlite:///relative`, `sqlite:////absolute` or `postgresql://…`."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine, gate: asyncio.Lock | None) -> None:
        self._writer = writer
        self._reader = reader
        self._gate = gate

    @classmethod
    async def open(cls, url: str) -> Database:
        """Connect. Makes no tables: `server.migrate` does. Raises BadDatabaseUrl."""
        target = engine_url(url)
        if target.get_backend_name() == "sqlite":
            return cls(sqlite_engine(target), sqlite_engine(target, read_only=True), asyncio.Lock())
        engine = create_async_engine(
            target,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            pool_size=10,
            max_overflow=10,
            pool_pre_ping=True,
        )
        return cls(engine, engine, None)

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._writer.dialect.name

    async def close(self) -> None:
        """Close all connections."""
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()

    async def transact(self, fn: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `fn` in one writing transaction and return its result.

        `fn` may run again from its start (≤ 12 times) when it lost a race, so it must have no effect but on `tx`. Any
        exception rolls everything back. Raises Busy when every attempt lost, RuntimeError inside another `transact`.
        """
        if _writing.get() is asyncio.current_task():
            raise RuntimeError("transact inside transact: pass the transaction on instead")
        token = _writing.set(asyncio.current_task())
        try:
            for attempt in range(MAX_ATTEMPTS):
                if attempt:
                    await asyncio.sleep(random.uniform(0, min(0.005 * 2**attempt, 0.25)))  # noqa: S311
                try:
                    result, callbacks = await self._attempt(fn)
                    break
                except (StaleRevision, DBAPIError) as error:
                    if not lost_a_race(error):
                        raise
                    last = error
            else:
                raise Busy from last
        finally:
            _writing.reset(token)
        for callback in callbacks:
            await _call(callback)
        return result

    async def read(self, fn: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `fn` on one consistent snapshot; writing in it fails in both databases."""
        async with self._reader.connect() as connection:
            if self._gate is None:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async with connection.begin():
                tx = Transaction(connection)
                result = await fn(tx)
        for callback in tx._callbacks:
            await _call(callback)
        return result

    async def _attempt(self, fn: Callable[[Transaction], Awaitable[T]]) -> tuple[T, list[AfterCommit]]:
        async with AsyncExitStack() as stack:
            if self._gate is not None:
                await stack.enter_async_context(self._gate)
            connection = await stack.enter_async_context(self._writer.begin())
            tx = Transaction(connection)
            result = await fn(tx)
        return result, tx._callbacks


def engine_url(url: str) -> URL:
    """The SQLAlchemy URL with the asynchronous driver. Raises BadDatabaseUrl."""
    try:
        target = make_url(url)
    except ArgumentError as error:
        raise BadDatabaseUrl("not a URL") from error
    match target.get_backend_name():
        case "sqlite" if target.database and target.database != ":memory:":
            return target.set(drivername="sqlite+aiosqlite")
        case "postgresql":
            return target.set(drivername="postgresql+asyncpg")
    raise BadDatabaseUrl(target.get_backend_name())


def sqlite_engine(target: URL, *, read_only: bool = False) -> AsyncEngine:
    """An engine with WAL, foreign keys, full synchronisation, and our own BEGIN instead of the driver's."""
    size = 8 if read_only else 1
    engine = create_async_engine(
        target,
        hide_parameters=True,  # an error in the log must not tell what was being stored
        pool_size=size,
        max_overflow=0,
        pool_timeout=_BUSY_SECONDS,
        connect_args={"timeout": _BUSY_SECONDS},
    )
    pragmas = ["journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", f"busy_timeout={_BUSY_SECONDS * 1000}"]
    if read_only:
        pragmas.append("query_only=ON")

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver's implicit BEGIN is deferred and would upgrade a read lock to a write lock, which cannot wait.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


async def _call(callback: AfterCommit) -> None:
    try:
        result = callback()
        if inspect.isawaitable(result):
            await result
    except Exception:
        _log.exception("an action after commit failed")
