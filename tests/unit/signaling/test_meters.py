"""The text that a monitoring system reads."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from signaling.meters import MOST_WORKERS, Family, Meters, WorkerCounters, exposition, gauge

LINE = re.compile(
    r'(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>(?:\w+="(?:[^"\\\n]|\\["\\n])*"(?:,(?!\}))?)*)\})? (?P<value>-?\d+)'
)


def parsed(text: str) -> dict[tuple[str, str], int]:
    """Samples by name and labels; every line must be of the format, and every sample follow its HELP and TYPE."""
    assert text.endswith("\n")
    samples: dict[tuple[str, str], int] = {}
    said: list[str] = []
    # Not splitlines: only \n ends a line of the format.
    for line in text[:-1].split("\n"):
        if line.startswith("# "):
            _, kind, name, *_ = line.split(" ", 3)
            assert kind in {"HELP", "TYPE"}
            said.append(name)
            continue
        match = LINE.fullmatch(line)
        assert match, line
        assert said[-2:] == [match["name"]] * 2
        key = match["name"], match["labels"] or ""
        assert key not in samples
        samples[key] = int(match["value"])
    return samples


def test_counts_are_written_with_their_labels() -> None:
    meters = Meters()
    meters.count("heshi_http_requests_total", method="GET", status="2xx")
    meters.count("heshi_http_requests_total", status="2xx", method="GET")
    text = exposition([gauge("heshi_rooms", "rooms", 3), *meters.families()])
    found = parsed(text)
    assert found["heshi_rooms", ""] == 3
    assert found["heshi_http_requests_total", 'method="GET",status="2xx"'] == 2
    assert "# TYPE heshi_commands_total counter" in text


@given(st.text(), st.text())
def test_no_text_breaks_a_line(label: str, words: str) -> None:
    assert len(parsed(exposition([Family("x", "gauge", words, (((("a", label),), 1),))]))) == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1000)), max_size=40))
def test_sums_never_fall_when_workers_come_and_go(told: list[tuple[int, int]]) -> None:
    counters, life, sums = WorkerCounters(), [0, 0, 0, 0], 0
    for which, more in told:
        life[which] += more
        counters.told(f"w{which}", {"packets_in": life[which]})
        found = parsed(exposition(counters.families({"w0"})))
        assert found["heshi_relay_packets_in_total", ""] == sum(life) >= sums
        assert {labels for name, labels in found if name.startswith("heshi_worker_")} <= {'worker="w0"'}
        sums = sum(life)


def test_many_restarts_leave_little_behind() -> None:
    counters = WorkerCounters()
    for number in range(3 * MOST_WORKERS):
        counters.told(f"w{number}", {"packets_in": 1, "Not a name": 1})
    assert len(counters._by_worker) == MOST_WORKERS
    assert parsed(exposition(counters.families(set()))) == {("heshi_relay_packets_in_total", ""): 3 * MOST_WORKERS}
