"""A sample of the wall over real DTLS-SRTP: decoded pictures name their sender, tables come at random."""

from __future__ import annotations

import os
import time
from random import Random
from typing import Any

import pytest

from media.thinning import Thinning
from tests.integration.media.bench import Bench
from tests.integration.media.client import SLOTS, Client
from tests.unit.media.packets import Shelf

SECONDS = 6.0 * int(os.environ.get("HESHI_SOAK", "1"))
BRIGHTNESS = {"a": 40, "b": 90, "c": 150, "d": 210}
NEAR = 12  # what the codec may change of it

Rows = dict[tuple[str, int], str]


def source_of(brightness: int) -> str:
    """Who sends this picture."""
    (name,) = [name for name, value in BRIGHTNESS.items() if abs(value - brightness) <= NEAR]
    return name


class Watch:
    """One slot since the last table: how many pictures of before it may still decode, and from where to look."""

    def __init__(self, bench: Bench, client: Client, slot: int) -> None:
        """Taken in the very turn of the loop in which the table was acknowledged."""
        out = bench.endpoint(client.name)["out"].get(f"{slot}.video", {"packets": 0})
        self._seen = client.seen[slot]
        self._start = len(self._seen)
        # Each of these small pictures is one packet, so no more than this can be on their way.
        self._left = out["packets"] - self._start

    def check(self, allowed: str | None) -> None:
        """What came since: perhaps some of before, then only what is allowed."""
        came = [source_of(one) for one in self._seen[self._start :]]
        before = [one for one in came if one != allowed]
        assert len(before) <= self._left
        assert came[: len(before)] == before, "what is no longer allowed came back"


def draw(r: Random) -> Rows:
    """A joint session, a caucus, or anything."""
    everyone = list(BRIGHTNESS)
    if r.random() < 0.4:
        return {(to, slot): r.choice(everyone) for to in everyone for slot in range(SLOTS) if r.random() < 0.5}
    inside = everyone if r.random() < 0.5 else r.sample(everyone, 2)
    return {(to, slot): one for to in inside for slot, one in enumerate(one for one in inside if one != to)}


def record(rows: Rows, number: int) -> tuple[dict[str, Any], ...]:
    """Everybody who is shown is recorded, into a new segment each time."""
    rest = {"key": "joint", "seats": [], "audio": True, "video": True}
    return tuple({"endpoint": one, "segment": f"s{number}", **rest} for one in sorted(set(rows.values())))


async def test_no_slot_shows_what_the_acknowledged_table_does_not_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a busy machine's network would carry is another matter: here everything that is named is to be seen.
    monkeypatch.setattr(Thinning, "decide", lambda self, now: None)
    shelf, r = Shelf(), Random(int(os.environ.get("SEED", "7")))
    bench = Bench(shelf)
    await bench.relay.start()
    clients = {name: await bench.client(name, value) for name, value in BRIGHTNESS.items()}
    for name in clients:
        await bench.told("endpoint", "connected", name)
    rounds, ends = 0, time.monotonic() + SECONDS
    while time.monotonic() < ends:
        rows = draw(r)
        bench.table(*((to, slot, one) for (to, slot), one in rows.items()), record=record(rows, rounds))
        watches = {
            (name, slot): Watch(bench, client, slot) for name, client in clients.items() for slot in range(SLOTS)
        }
        for (to, slot), one in rows.items():
            await clients[to].sees(slot, BRIGHTNESS[one], 1)
        for (name, slot), watch in watches.items():
            watch.check(rows.get((name, slot)))
        shown = set(rows.values())
        assert {endpoint for endpoint, segment, _ in shelf.packets if segment == f"s{rounds}"} == shown
        rounds += 1
    bench.note(f"{rounds} tables, {sum(len(seen) for one in clients.values() for seen in one.seen.values())} pictures")
    assert rounds > 3
    assert bench.relay.stats()["errors"] == 0
    await bench.close()
