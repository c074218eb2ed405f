"""One database per test, on SQLite and on PostgreSQL, migrated as in production.

Fixtures for every package: `db`, `db_url`, `keys`, `clock`, `cipher`, `timeline`, `jobs`; `blobs` on folder and S3.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.migrate import migrate
from tests.support.clock import ManualClock
from tests.support.postgres import Cluster, cluster
from tests.support.s3 import S3, server
from vault import BlobStore, Cipher, Database, Jobs, KeyStore, Timeline

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The session's PostgreSQL server, with a migrated template database."""
    with cluster() as running:
        asyncio.run(migrate(running.create("template_heshi")))
        yield running


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    if request.param == "sqlite":
        path = tmp_path / "heshi.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    running: Cluster = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    yield running.create(name, template="template_heshi")
    running.drop(name)


@pytest.fixture
async def db(db_url: str) -> AsyncIterator[Database]:
    """The opened database."""
    database = await Database.open(db_url)
    yield database
    await database.close()


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    """A fresh installation's keys."""
    return KeyStore.open(tmp_path / "keys")


@pytest.fixture
def clock() -> ManualClock:
    """Time that moves only when told."""
    return ManualClock()


@pytest.fixture
def cipher(keys: KeyStore, clock: ManualClock) -> Cipher:
    """Encryption per subject."""
    return Cipher(keys, clock)


@pytest.fixture
def timeline(cipher: Cipher, keys: KeyStore, clock: ManualClock) -> Timeline:
    """All cases' chains."""
    return Timeline(cipher, keys, clock)


@pytest.fixture
def jobs(db: Database, clock: ManualClock) -> Jobs:
    """The queue."""
    return Jobs(db, clock)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """The session's S3 server."""
    with server() as running:
        yield running


@pytest.fixture(params=["folder", "s3"])
def reopen_blobs(request: pytest.FixtureRequest, tmp_path: Path, keys: KeyStore) -> Callable[[], BlobStore]:
    """Opens the test's blob store, each time with empty caches."""
    if request.param == "folder":
        return lambda: BlobStore(f"file://{tmp_path}/blobs", keys)
    running: S3 = request.getfixturevalue("s3")
    url = running.create_bucket(f"bucket-{next(_numbers)}")
    secrets: dict[str, Any] = {
        "access_key_id": running.access_key_id,
        "secret_access_key": running.secret_access_key,
    }
    return lambda: BlobStore(url, keys, **secrets)


@pytest.fixture
def blobs(reopen_blobs: Callable[[], BlobStore]) -> BlobStore:
    """A blob store in a folder and over S3."""
    return reopen_blobs()
