"""Both engines must do the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.media.packets import ENGINES, Hall


@pytest.fixture(scope="module", params=ENGINES)
def each_engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Every hall of the module is made with this engine."""
    Hall.engine = request.param
    yield request.param
    Hall.engine = "lean"
