"""Counters for an administrator's monitoring, written as Prometheus' text format 0.0.4.

Names of people, cases, rooms and addresses never become a label.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
HELP: Final[Mapping[str, str]] = {
    "heshi_http_requests_total": "HTTP requests answered, by method and class of status",
    "heshi_sockets_total": "seats' sockets, by whether they were let in",
    "heshi_commands_total": "commands of seats, by what became of them",
}
"""What this process counts itself."""
MOST_WORKERS = 64
_COUNTER = re.compile(r"[a-z][a-z0-9_]{0,40}")

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with all its samples: labels and value."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    samples: tuple[tuple[Labels, int], ...]


class Meters:
    """Counts of this process since it started. Owned by the event loop."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[Labels]] = {name: Counter() for name in HELP}

    def count(self, name: str, **labels: str) -> None:
        """One more of it; `name` is one of `HELP`."""
        self._counts[name][tuple(sorted(labels.items()))] += 1

    def families(self) -> Iterator[Family]:
        """All of them, also those that nothing was counted of yet."""
        for name, counts in self._counts.items():
            yield Family(name, "counter", HELP[name], tuple(sorted(counts.items())))


class WorkerCounters:
    """What workers count, kept beyond their end so that the sums never fall. A worker's name is never used again."""

    def __init__(self) -> None:
        self._by_worker: dict[str, dict[str, int]] = {}
        self._folded: Counter[str] = Counter()

    def told(self, worker: str, counters: Mapping[str, int]) -> None:
        """A worker's counters are these now."""
        self._by_worker.pop(worker, None)
        self._by_worker[worker] = {name: max(0, n) for name, n in counters.items() if _COUNTER.fullmatch(name)}
        while len(self._by_worker) > MOST_WORKERS:
            self._folded.update(self._by_worker.pop(next(iter(self._by_worker))))

    def families(self, present: set[str]) -> Iterator[Family]:
        """The sums, and each connected worker's own."""
        sums = Counter(self._folded)
        for counters in self._by_worker.values():
            sums.update(counters)
        for name in sorted(sums):
            words = name.replace("_", " ")
            yield Family(f"heshi_relay_{name}_total", "counter", f"{words}, all workers", (((), sums[name]),))
            own = tuple(
                ((("worker", worker),), counters[name])
                for worker, counters in sorted(self._by_worker.items())
                if worker in present and name in counters
            )
            if own:
                yield Family(f"heshi_worker_{name}_total", "counter", f"{words}, of one worker", own)


def gauge(name: str, text: str, value: int) -> Family:
    """A single figure that rises and falls."""
    return Family(name, "gauge", text, (((), value),))


def exposition(families: Iterable[Family]) -> str:
    """The text that a scraper reads."""
    lines: list[str] = []
    for family in families:
        lines.append(f"# HELP {family.name} {_escaped(family.help)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        for labels, value in family.samples:
            inside = ",".join(f'{name}="{_escaped(text, quotes=True)}"' for name, text in labels)
            lines.append(f"{family.name}{{{inside}}} {value}" if inside else f"{family.name} {value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str, *, quotes: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text
