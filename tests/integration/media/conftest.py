"""Fixtures of the relay's integration tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.integration.media.bench import Bench
from tests.unit.media.packets import ENGINES


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.relay.start()
    yield bench
    await bench.close()


@pytest.fixture(scope="module", params=ENGINES)
def each_engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Every relay of the module's benches has this engine."""
    Bench.engine = request.param
    yield request.param
    Bench.engine = "auto"
