"""A bad network in a box: loss, delay, jitter and a thin line with a queue, the same in every run of a seed.

`Path` is one direction, pure: told the time and the size of a packet, it says when that packet comes out.
`ImpairedPath` puts two of them between one client and the relay's UDP port on loopback:

    relay = ("127.0.0.1", port)
    async with ImpairedPath.open(relay, up=Conditions(kbps=300), down=[(0, GOOD), (10, BAD)]) as path:
        answer = through(answer, path.address)     # the client now meets the relay by way of the proxy
        ...
        path.down.change(Conditions(loss=0.2))     # or mid-call, when the test says so
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Conditions:
    """How one direction treats packets. The defaults are a perfect line.

    `kbps`: capacity in kbit/s of UDP payload; packets queue before it, for `queue_ms` at most: then the newest are
    dropped.
    `delay_ms`: one way, after the queue. `jitter_ms`: up to this much more, evenly spread; order is kept.
    `loss`: share of packets lost at random (0..1), in runs of `burst` packets on average (1: independently).
    `reorder`: share that overtakes its delay by half; `duplicate`: share delivered twice.
    """

    kbps: float | None = None
    queue_ms: float = 300.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    burst: float = 1.0
    reorder: float = 0.0
    duplicate: float = 0.0

    def __post_init__(self) -> None:
        if self.kbps is not None and self.kbps <= 0:
            raise ValueError("a line of no capacity: use loss=1")
        if not all(0 <= share <= 1 for share in (self.loss, self.reorder, self.duplicate)):
            raise ValueError("shares lie between 0 and 1")
        if self.burst < 1 or min(self.queue_ms, self.delay_ms, self.jitter_ms) < 0:
            raise ValueError("a burst is at least one packet, a time is not negative")


Script = Sequence[tuple[float, Conditions]]
"""(seconds since the first packet, what holds from then on), in ascending order; the first entry also holds before."""


class Path:
    """One direction of a bad network. Time is what the caller says it is (seconds, any origin, never going back)."""

    def __init__(self, script: Conditions | Script = (), seed: int = 0) -> None:
        steps = [(0.0, script)] if isinstance(script, Conditions) else list(script) or [(0.0, Conditions())]
        if [at for at, _ in steps] != sorted(at for at, _ in steps):
            raise ValueError("a script goes forward in time")
        self.conditions = steps[0][1]
        self._steps = steps[1:]
        self._random = Random(seed)
        self._began: float | None = None
        self._losing = False
        self._free = 0.0  # when the line will have sent all that waits in its queue
        self._last = 0.0  # the latest delivery handed out: nothing overtakes it unless told to
        self.sent = self.lost = self.dropped = 0  # packets offered, lost at random, dropped by the full queue

    def change(self, conditions: Conditions) -> None:
        """Hold these conditions from the next packet on; the rest of the script is void. What is under way stays so."""
        self.conditions = conditions
        self._steps = []

    def queue_ms(self, now: float) -> float:
        """How long a packet sent now would wait for the line."""
        return max(self._free - now, 0.0) * 1000

    def send(self, now: float, size: int) -> list[float]:
        """When a packet of `size` bytes comes out: none (lost), one time, or two (a duplicate)."""
        if self._began is None:
            self._began = now
        while self._steps and now - self._began >= self._steps[0][0]:
            self.conditions = self._steps.pop(0)[1]
        state = self.conditions
        self.sent += 1
        if self._lose(state):
            self.lost += 1
            return []
        out = now
        if state.kbps is not None:
            if self.queue_ms(now) > state.queue_ms:
                self.dropped += 1
                return []
            out = self._free = max(self._free, now) + size * 8 / (state.kbps * 1000)
        delay = (state.delay_ms + self._random.random() * state.jitter_ms) / 1000
        if state.reorder and self._random.random() < state.reorder:
            return [out + delay / 2]
        # A microsecond apart, because timers of the same moment come off a heap in any order.
        self._last = max(self._last + 1e-6, out + delay)
        if state.duplicate and self._random.random() < state.duplicate:
            return [self._last, self._last]
        return [self._last]

    def _lose(self, state: Conditions) -> bool:
        """Gilbert's two states: a run ends with probability 1/burst, and starts as often as the share asks."""
        if state.loss in (0.0, 1.0):
            self._losing = False
            return state.loss == 1.0
        if self._losing:
            self._losing = self._random.random() >= 1 / state.burst
            # A run that ends may be followed by another at once; else bursts of one could never be independent.
        if not self._losing:
            start = state.loss / (state.burst * (1 - state.loss) + state.loss)
            self._losing = self._random.random() < start
        return self._losing


class ImpairedPath:
    """A UDP proxy with bad manners between one client and the relay, on 127.0.0.1.

    Each address the client sends from has its own socket towards the relay, so that the relay sees as many addresses as
    there are; all of them share the two directions, as the sockets of one telephone share its antenna.
    """

    def __init__(self, relay: Address, up: Path, down: Path) -> None:
        self.up = up
        self.down = down
        self._relay = relay
        self._loop = asyncio.get_running_loop()
        self._clients: dict[Address, socket.socket] = {}
        self._front = self._listen(None)
        self.address: Address = self._front.getsockname()
        self._loop.add_reader(self._front, self._from_client)

    @staticmethod
    @asynccontextmanager
    async def open(
        relay: Address, *, up: Conditions | Script = (), down: Conditions | Script = (), seed: int = 0
    ) -> AsyncIterator[ImpairedPath]:
        """Stand between: `up` holds from the client to the relay, `down` the other way."""
        path = ImpairedPath(relay, Path(up, seed), Path(down, seed + 1))
        try:
            yield path
        finally:
            path.close()

    def close(self) -> None:
        """Deliver nothing any more."""
        for end in (self._front, *self._clients.values()):
            self._loop.remove_reader(end)
            end.close()
        self._clients.clear()

    @staticmethod
    def _listen(peer: Address | None) -> socket.socket:
        end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        end.bind(("127.0.0.1", 0))
        if peer is not None:
            end.connect(peer)
        return end

    def _from_client(self) -> None:
        for data, address in _waiting(self._front):
            back = self._clients.get(address)
            if back is None:
                back = self._clients[address] = self._listen(self._relay)
                self._loop.add_reader(back, self._from_relay, back, address)
            self._carry(self.up, data, back, None)

    def _from_relay(self, back: socket.socket, client: Address) -> None:
        for data, _ in _waiting(back):
            self._carry(self.down, data, self._front, client)

    def _carry(self, path: Path, data: bytes, end: socket.socket, to: Address | None) -> None:
        now = self._loop.time()
        for at in path.send(now, len(data)):
            if at <= now:
                _deliver(end, data, to)
            else:
                self._loop.call_at(at, _deliver, end, data, to)


def through(sdp: str, address: Address) -> str:
    """The relay's answer with one candidate only: the proxy's address."""
    host, port = address
    line = f"a=candidate:1 1 udp 2130706431 {host} {port} typ host"
    seen = False
    kept = []
    for old in re.split(r"\r?\n", sdp):
        if old.startswith("a=candidate:"):
            if seen:
                continue
            seen = True
            old = line
        elif old.startswith("m="):
            seen = False
        kept.append(old)
    return "\r\n".join(kept)


def _waiting(end: socket.socket) -> list[tuple[bytes, Address]]:
    """Everything the socket holds now."""
    packets: list[tuple[bytes, Address]] = []
    with suppress(OSError):  # nothing more, or the other end refuses for now: a network tells nobody
        while len(packets) < 64:
            packets.append(end.recvfrom(65536))
    return packets


def _deliver(end: socket.socket, data: bytes, to: Address | None) -> None:
    if end.fileno() < 0:
        return  # closed while the packet was under way
    with suppress(OSError):  # a full or refusing socket loses the packet, as a network would
        if to is None:
            end.send(data)
        else:
            end.sendto(data, to)
