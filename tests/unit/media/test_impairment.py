"""The bad network itself: it loses, delays and queues as much as it says, and the same in every run."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.impairment import Conditions, Path, through

conditions = st.builds(
    Conditions,
    kbps=st.one_of(st.none(), st.floats(20, 5000)),
    queue_ms=st.floats(0, 2000),
    delay_ms=st.floats(0, 400),
    jitter_ms=st.floats(0, 100),
    loss=st.floats(0, 1),
    burst=st.floats(1, 20),
)
packets = st.lists(st.tuples(st.floats(0, 0.5), st.integers(1, 1500)), max_size=80)


@given(st.lists(conditions, min_size=1, max_size=4), packets, st.integers(0, 1 << 32))
def test_nothing_comes_early_late_or_out_of_order(
    states: list[Conditions], sizes: list[tuple[float, int]], seed: int
) -> None:
    script = [(index * 2.0, state) for index, state in enumerate(states)]
    path, again = Path(script, seed), Path(script, seed)
    now, last = 50.0, 0.0
    for pause, size in sizes:
        now += pause
        out = path.send(now, size)
        assert out == again.send(now, size)
        assert len(out) <= 1
        for at in out:
            assert last < at
            assert at >= now + min(state.delay_ms for state in states) / 1000
            worst = max(s.queue_ms + s.delay_ms + s.jitter_ms + 12000 / (s.kbps or 1e9) for s in states)
            assert at <= max(now, last) + worst / 1000 + 1e-3
            last = at


@pytest.mark.parametrize(("loss", "burst"), [(0.02, 1.0), (0.1, 1.0), (0.1, 6.0), (0.2, 3.0), (0.6, 2.0)])
def test_it_loses_its_share_in_runs(loss: float, burst: float) -> None:
    path = Path(Conditions(loss=loss, burst=burst), seed=1)
    lost = [not path.send(index * 0.01, 100) for index in range(60_000)]
    assert sum(lost) / len(lost) == pytest.approx(loss, rel=0.1)
    assert path.lost == sum(lost)
    starts = sum(after and not before for before, after in pairwise(lost))
    # Independent losses come in runs too: 1 / (1 - loss) long.
    longer = burst if burst > 1 else 1.0
    assert sum(lost) / starts == pytest.approx(longer + loss / (1 - loss), rel=0.15)


def test_a_thin_line_delivers_at_its_rate_and_drops_what_does_not_fit() -> None:
    path = Path(Conditions(kbps=400, queue_ms=200))
    came = [at for index in range(1000) for at in path.send(index * 0.01, 1000)]  # 800 kbit/s for ten seconds
    assert len(came) * 8000 / (came[-1] - came[0]) == pytest.approx(400_000, rel=0.02)
    assert path.dropped == 1000 - len(came)
    assert 150 < path.queue_ms(9.99) <= 220
    assert path.queue_ms(20.0) == 0


def test_the_script_is_followed_and_can_be_dropped() -> None:
    path = Path([(0, Conditions()), (10, Conditions(loss=1)), (20, Conditions(delay_ms=100))])
    assert path.send(1000.0, 10) == [1000.0]
    assert path.send(1009.9, 10) == [1009.9]
    assert path.send(1010.0, 10) == []
    path.change(Conditions(delay_ms=50))
    assert path.send(1011.0, 10) == [pytest.approx(1011.05)]
    assert path.send(1025.0, 10) == [pytest.approx(1025.05)]


def test_duplicates_and_overtaking_when_asked_for() -> None:
    assert len(Path(Conditions(duplicate=1)).send(1.0, 10)) == 2
    path = Path(Conditions(delay_ms=100, reorder=0.5), seed=3)
    came = [path.send(1.0 + index / 100, 10)[0] for index in range(100)]
    assert came != sorted(came)


@pytest.mark.parametrize(
    "wrong", [{"kbps": 0}, {"loss": 1.5}, {"burst": 0.5}, {"delay_ms": -1}, {"duplicate": -0.1}, {"queue_ms": -1}]
)
def test_nonsense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"capacity|shares|burst"):
        Conditions(**wrong)
    with pytest.raises(ValueError, match="forward"):
        Path([(5, Conditions()), (1, Conditions())])


def test_the_answer_leads_to_the_proxy_only() -> None:
    sdp = (
        "v=0\r\na=ice-lite\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
        "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\na=candidate:2 1 udp 1 2001:db8::1 5000 typ host\r\n"
        "a=end-of-candidates\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=candidate:1 1 udp 7 192.0.2.1 5000 typ host\r\n"
    )
    led = through(sdp, ("127.0.0.1", 4242))
    assert led.count("a=candidate:1 1 udp 2130706431 127.0.0.1 4242 typ host\r\n") == 2
    assert "192.0.2.1" not in led
    assert "2001:db8" not in led
    assert led.endswith("\r\n")
