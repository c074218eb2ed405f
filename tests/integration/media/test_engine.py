"""Which engine a relay takes."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from media import Relay, RelaySettings
from media.errors import EngineMissing
from media.native.library import load
from media.ports import EngineName


@pytest.fixture
def unbuilt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A machine on which nobody has built the native engine."""
    monkeypatch.setattr("media.native.build.BUILT", tmp_path)
    load.cache_clear()
    yield
    monkeypatch.undo()
    load.cache_clear()


def _relay(engine: EngineName) -> Relay:
    return Relay(RelaySettings((), include_loopback=True, engine=engine), None, lambda event: None)


@pytest.mark.parametrize(("asked", "taken"), [("lean", "lean"), ("native", "native"), ("auto", "native")])
def test_a_relay_takes_the_engine_that_is_asked_for(asked: EngineName, taken: str) -> None:
    assert _relay(asked).engine == taken


@pytest.mark.usefixtures("unbuilt")
def test_a_native_relay_without_its_library_is_refused_and_opens_nothing() -> None:
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(EngineMissing):
        _relay("native")
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.usefixtures("unbuilt")
async def test_a_relay_that_may_choose_does_without_the_library() -> None:
    relay = _relay("auto")
    assert relay.engine == "lean"
    await relay.start()
    assert relay.port
    await relay.close()


def test_the_settings_leave_the_choice_open() -> None:
    assert RelaySettings(()).engine == "auto"
