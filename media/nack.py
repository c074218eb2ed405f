"""What a publisher's stream lacks, and when to ask for it again (RFC 4585, section 6.2.1). Pure state."""

from __future__ import annotations

from typing import Final

from media.ports import Medium

REORDER_S: Final[dict[Medium, float]] = {"audio": 0.0, "video": 0.01}
"""Seconds by which a packet may just have been overtaken. Voices are sent 20 ms apart: no way is so crooked."""

MIN_REPEAT_S: Final[dict[Medium, float]] = {"audio": 0.02, "video": 0.04}
TRIES = 10
GIVE_UP_S = 1.0
"""Later than this a packet helps nobody: players have gone on, and the recording notes the hole."""

MAX_MISSING = 400
"""A larger hole is a break, not loss: the picture is asked for anew instead."""


class Missing:
    """Holes of one received stream, by extended sequence number."""

    __slots__ = ("_holes", "_reorder", "_repeat", "asked", "lost")

    def __init__(self, medium: Medium) -> None:
        self._reorder, self._repeat = REORDER_S[medium], MIN_REPEAT_S[medium]
        # number -> [noticed at, asked at, times asked]
        self._holes: dict[int, list[float]] = {}
        self.asked = 0
        self.lost = 0

    def __len__(self) -> int:
        return len(self._holes)

    def gap(self, first: int, last: int, now: float) -> bool:
        """The numbers first … last did not arrive. False: too many at once; all are given up."""
        if last - first + 1 + len(self._holes) > MAX_MISSING:
            self.lost += last - first + 1 + len(self._holes)
            self._holes.clear()
            return False
        for number in range(first, last + 1):
            self._holes[number] = [now, float("-inf"), 0.0]
        return True

    def arrived(self, number: int) -> None:
        """It came after all."""
        self._holes.pop(number, None)

    def clear(self) -> None:
        """A new life of the stream: the old one's holes mean nothing."""
        self._holes.clear()

    def due(self, now: float, rtt: float) -> tuple[list[int], bool]:
        """Numbers to ask for now (they count as asked), and whether any was given up. `rtt` in seconds."""
        wanted: list[int] = []
        given_up = False
        repeat = max(rtt, self._repeat)
        for number, hole in list(self._holes.items()):
            noticed, asked_at, times = hole
            if now - noticed > GIVE_UP_S or (times >= TRIES and now - asked_at >= repeat):
                del self._holes[number]
                self.lost += 1
                given_up = True
            elif now - noticed >= self._reorder and times < TRIES and now - asked_at >= repeat:
                hole[1], hole[2] = now, times + 1
                wanted.append(number)
        self.asked += len(wanted)
        return wanted, given_up
