"""Lanes of speech: from samples, and from a film with sound."""

from __future__ import annotations

import io
import math

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.speech import STEP_MS, lane, speech

_RATE = 48_000


def tone(amplitude: float, milliseconds: int, rate: int = 8000) -> list[int]:
    count = rate * milliseconds // 1000
    return [round(32767 * amplitude * math.sin(2 * math.pi * 440 * n / rate)) for n in range(count)]


def test_a_voice_stands_where_it_was() -> None:
    found = lane([(1000 + 20 * n, tone(0.5, 20)) for n in range(25)], 3000)
    assert len(found) == 6
    assert found[2] > 80
    assert [level for step, level in enumerate(found) if step != 2] == [0] * 5


def test_louder_is_higher_and_silence_nothing() -> None:
    levels = [lane([(0, tone(amplitude, 500))], 500)[0] for amplitude in (0.0, 0.003, 0.01, 0.1, 0.9)]
    assert levels[0] == 0
    assert levels == sorted(set(levels))
    assert levels[-1] <= 100


@given(
    st.lists(st.tuples(st.integers(-1000, 9000), st.lists(st.integers(-32768, 32767), max_size=60)), max_size=10),
    st.integers(0, 5000),
)
def test_any_samples_make_a_lane_of_the_films_length(sounds: list[tuple[int, list[int]]], duration_ms: int) -> None:
    found = lane(sounds, duration_ms)
    assert len(found) == -(-duration_ms // STEP_MS)
    assert all(level <= 100 for level in found)


def film() -> io.BytesIO:
    """Two seconds: one of silence, one of a voice."""
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=_RATE, layout="mono")
        for step in range(100):
            frame = av.AudioFrame(format="s16", layout="mono", samples=960)
            samples = tone(0.5, 20, _RATE) if step >= 50 else [0] * 960
            frame.planes[0].update(b"".join(value.to_bytes(2, "little", signed=True) for value in samples))
            frame.sample_rate, frame.pts = _RATE, 960 * step
            for packet in stream.encode(frame):
                container.mux(packet)
        container.mux(stream.encode(None))
    return out


def test_the_lane_of_a_film() -> None:
    found = speech(film(), 2000)
    assert len(found) == 4
    assert found[0] == 0, "the codec's look-ahead reaches no further than the step before the voice"
    assert min(found[2:]) > 70


@pytest.mark.parametrize("content", [b"", b"no film at all" * 100])
def test_what_is_no_film_has_no_lane(content: bytes) -> None:
    assert speech(io.BytesIO(content), 2000) == b""


def test_damaged_sound_leaves_the_rest() -> None:
    """Bytes are spoilt in the film's voice; what can be decoded is still there, and nothing is raised."""
    data = bytearray(film().getvalue())
    for at in range(len(data) * 7 // 10, len(data) * 7 // 10 + 40):
        data[at] ^= 0x5A
    found = speech(io.BytesIO(bytes(data)), 2000)
    assert len(found) in (0, 4)
    assert not found or max(found[2:]) > 50
