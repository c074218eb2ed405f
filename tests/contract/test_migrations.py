"""The migrated schema is the one the code believes in, on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from server.migrate import all_tables, migrate
from tests.support.postgres import Cluster
from vault import Database
from vault.database import engine_url


def differences(connection: Connection) -> list[object]:
    found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), all_tables())
    return list(found)


async def compared(url: str) -> list[object]:
    engine = create_async_engine(engine_url(url))
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    return found


async def test_the_schema_equals_the_metadata(db_url: str) -> None:
    assert await compared(db_url) == []


async def test_the_comparison_would_notice(db_url: str) -> None:
    engine = create_async_engine(engine_url(db_url))
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE jobs ADD COLUMN stray TEXT"))
    await engine.dispose()
    assert len(await compared(db_url)) == 1


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that nobody has migrated."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/heshi.db"
    running: Cluster = request.getfixturevalue("postgres")
    return running.create(f"empty_{abs(hash(tmp_path))}")


async def test_migrating_at_once_and_again_is_harmless(empty_url: str) -> None:
    await asyncio.gather(*(migrate(empty_url) for _ in range(3)))
    await migrate(empty_url)
    db = await Database.open(empty_url)
    row = await db.read(lambda tx: tx.one(text("SELECT version_num FROM alembic_version")))
    await db.close()
    assert row is not None
    assert row["version_num"] == "0003"
    assert await compared(empty_url) == []
