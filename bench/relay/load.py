"""The load loop: sends what is due, empties sockets in batches, does everybody's RTCP. One thread, one core."""

from __future__ import annotations

import asyncio
import heapq
import select
import time
from collections.abc import Callable
from random import Random

from bench.relay.batch import Batch
from bench.relay.sending import Picture, Voice
from bench.relay.visitor import Visitor

DRAIN_S = 0.001
CARE_S = 0.01
REPORT_S = 1.0


class Load:
    """Runs everybody's media for a while, again and again."""

    def __init__(self, visitors: list[Visitor], random: Random) -> None:
        self._visitors = visitors
        self._batch = Batch()
        self._poll = select.epoll()
        self._by_fd = {visitor.endpoint.sock.fileno(): visitor for visitor in visitors}
        for fd in self._by_fd:
            self._poll.register(fd, select.EPOLLIN)
        self._start = time.monotonic()
        self._heap: list[tuple[float, int, Voice | Picture]] = []
        for visitor in visitors:
            for one in visitor.up:
                one.begin(self._start + random.random() * 0.033)
                self._heap.append((one.due, len(self._heap), one))
        heapq.heapify(self._heap)
        self._reports = [(self._start + random.random() * REPORT_S, visitor) for visitor in visitors]
        self.lateness: list[float] = []

    @property
    def streams(self) -> int:
        """How many streams have reached somebody."""
        return sum(len(visitor.downs) for visitor in self._visitors)

    async def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Carry the load for so long, or until something holds."""
        heap, replace, sleep, clock = self._heap, heapq.heapreplace, time.sleep, time.monotonic
        begun = clock()
        drain_at = care_at = begun
        late = self.lateness.append
        while True:
            now = clock()
            if now - begun >= seconds or until():
                return
            while heap[0][0] <= now:
                due, order, one = heap[0]
                late(now - due)
                one.send()
                replace(heap, (one.due, order, one))
                now = clock()
                if now >= drain_at:
                    break
            if now >= drain_at:
                drain_at = now + DRAIN_S
                for fd, _ in self._poll.poll(0):
                    self._by_fd[fd].drain(self._batch)
            if now >= care_at:
                care_at = now + CARE_S
                self._care(now)
                await asyncio.sleep(0)  # ICE consent, and the socket to the worker
            pause = min(heap[0][0], drain_at) - clock()
            if pause > 0:
                sleep(pause)

    def _care(self, now: float) -> None:
        for visitor in self._visitors:
            visitor.nack(now)
        for number, (at, visitor) in enumerate(self._reports):
            if at <= now:
                visitor.report(now, now)
                self._reports[number] = now + REPORT_S, visitor

    def close(self) -> None:
        """Let go of the sockets (their owners close them)."""
        self._poll.close()
