"""One run: one SFU under one condition, from a fresh process to figures."""

from __future__ import annotations

import time
from pathlib import Path

from bench.relay.conditions import Condition, Figures
from bench.relay.footage import SECONDS, footage
from bench.relay.heshi import Heshi
from bench.relay.janus import Janus
from bench.relay.load import Load
from bench.relay.media_relay import MediaRelayServer
from bench.relay.people import People, Sfu
from bench.relay.sending import Picture
from bench.relay.visitor import Visitor

SFUS = ("heshi", "janus", "media_relay")
WARM_S = 2.0
ALIVE_S = 15.0
PATIENCE_S = 50.0
"""So long an SFU may take to trust a good network with everything; what it then still withholds counts as loss."""

FLOWS = 0.98


class NotAlive(Exception):
    """Not everybody's streams arrived."""


async def measure(
    name: str,
    condition: Condition,
    seconds: float,
    seed: int,
    *,
    core: int | None = None,
    warm: float = WARM_S,
    patience: float = PATIENCE_S,
    loop: int = SECONDS,
    profile: Path | None = None,
) -> Figures:
    """Run the SFU on `core`, with `loop` seconds of media over and over.

    `patience`: how long to wait, after `warm`, until everything flows.
    Raises `NotAlive` when it does not forward everything within ALIVE_S.
    """
    people = People(footage(loop), condition.speed, seed, core)
    sfu = _sfu(name, people, condition, profile)
    try:
        await sfu.start()
        visitors = await sfu.seat(condition.rooms, condition.room)
        load = Load(visitors, people.random)
        try:
            await load.run(ALIVE_S, lambda: load.streams >= condition.streams)
            if load.streams < condition.streams:
                raise NotAlive(f"{name}: {load.streams} of {condition.streams} streams; log: {_log(sfu)}")
            await load.run(warm)
            ramp = await _ramp(condition, visitors, load, patience)
            figures = await _window(sfu, condition, visitors, load, seconds)
            figures.ramp_s = ramp
            return figures
        finally:
            load.close()
            for visitor in visitors:
                await visitor.endpoint.close()
    finally:
        await sfu.end()


def _sfu(name: str, people: People, condition: Condition, profile: Path | None) -> Sfu:
    if name == "heshi":
        return Heshi(people, record=condition.record, profile=profile)
    if name == "janus":
        return Janus(people)
    if name == "media_relay":
        return MediaRelayServer(people)
    raise ValueError(name)


async def _ramp(condition: Condition, visitors: list[Visitor], load: Load, patience: float) -> float:
    """Wait until everything that is sent arrives, second by second; how many it took."""
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < patience:
        before = _Counts(visitors)
        await load.run(1.0)
        after = _Counts(visitors)
        sent, came = (
            sum(one.values()) - sum(other.values())
            for one, other in ((after.packets_in, before.packets_in), (after.packets_out, before.packets_out))
        )
        if came >= FLOWS * sent * (condition.room - 1):
            return passed
    return patience


async def _window(sfu: Sfu, condition: Condition, visitors: list[Visitor], load: Load, seconds: float) -> Figures:
    before = _Counts(visitors)
    for visitor in visitors:
        visitor.latency = {"audio": [], "video": []}
    load.lateness.clear()
    cpu, own, begun = sfu.server.cpu, time.process_time(), time.monotonic()
    await load.run(seconds)
    cpu, own, took = sfu.server.cpu - cpu, time.process_time() - own, time.monotonic() - begun
    after = _Counts(visitors)
    late = sorted(load.lateness)
    return Figures(
        sfu=sfu.name,
        condition=condition,
        seconds=took,
        cpu=cpu,
        generator_cpu=own,
        sent=sum(after.packets_in.values()) - sum(before.packets_in.values()),
        forwarded=sum(after.packets_out.values()) - sum(before.packets_out.values()),
        retransmitted=after.retransmitted - before.retransmitted,
        bytes_in={kind: after.bytes_in[kind] - before.bytes_in[kind] for kind in after.bytes_in},
        bytes_out={kind: after.bytes_out[kind] - before.bytes_out[kind] for kind in after.bytes_out},
        packets_in={kind: after.packets_in[kind] - before.packets_in[kind] for kind in after.packets_in},
        packets_out={kind: after.packets_out[kind] - before.packets_out[kind] for kind in after.packets_out},
        memory_mb=sfu.server.memory_mb,
        late_p99_us=late[int(len(late) * 0.99)] * 1e6,
        offer_cpu_ms=await sfu.offer_cpu_ms(),
        latency={kind: [ns for one in visitors for ns in one.latency[kind]] for kind in ("audio", "video")},
        unreadable=sum(visitor.unreadable for visitor in visitors),
        keys=after.keys - before.keys,
        frames_in=after.frames_in - before.frames_in,
        frames_out=after.frames_out - before.frames_out,
    )


class _Counts:
    def __init__(self, visitors: list[Visitor]) -> None:
        self.packets_in = {"audio": 0, "video": 0}
        self.bytes_in, self.packets_out = dict(self.packets_in), dict(self.packets_in)
        self.bytes_out = dict(self.packets_in)
        self.retransmitted = sum(visitor.retransmitted for visitor in visitors)
        self.keys = self.frames_in = self.frames_out = 0
        for visitor in visitors:
            for one in visitor.up:
                kind = "video" if isinstance(one, Picture) else "audio"
                self.packets_in[kind] += one.stream.packets
                self.bytes_in[kind] += one.stream.wire_bytes
                if isinstance(one, Picture):
                    self.keys += one.keys
                    self.frames_in += one.frames
            for down in visitor.downs.values():
                kind = "video" if down.video else "audio"
                self.packets_out[kind] += down.packets
                self.frames_out += down.frames if down.video else 0
                self.bytes_out[kind] += down.wire_bytes


def _log(sfu: Sfu) -> str:
    return sfu.server.log.read_text(errors="replace")[-2000:]
