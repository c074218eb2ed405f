"""Where tiles are, who shares one, when a track is there, how voices add up, how pieces are packed."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.clock import Anchor
from recording.composite.cast import cast
from recording.composite.layout import HEADER, HEIGHT, WIDTH, Box, layout
from recording.composite.parts import Coded, Part
from recording.composite.script import Card, Script
from recording.composite.sound import mix
from recording.composite.survey import LINGER_NS, PAUSE_NS, survey
from recording.header import Capture
from recording.vp8 import VideoFrame


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


@given(st.integers(0, 20), st.booleans())
def test_tiles_are_even_on_the_canvas_and_never_cover_each_other(people: int, screen: bool) -> None:
    places = layout(people, screen)
    assert len(places.tiles) == people
    assert (places.screen is not None) == screen
    boxes = [*places.tiles, *([places.screen] if places.screen else [])]
    for box in boxes:
        assert all(value % 2 == 0 for value in (box.x, box.y, box.width, box.height))
        assert box.x >= 0
        assert box.y >= HEADER
        assert box.x + box.width <= WIDTH
        assert box.y + box.height <= HEIGHT
        assert min(box.width, box.height) >= 60
    assert all(apart(one, other) for one, other in itertools.combinations(boxes, 2))
    assert len({(box.width, box.height) for box in places.tiles}) <= 1
    if places.screen is not None:
        assert all(places.screen.width > 2 * box.width for box in places.tiles)


@given(st.integers(1, 16383), st.integers(1, 16383), st.integers(1, 7), st.booleans())
def test_a_picture_of_any_size_fits_its_tile(width: int, height: int, people: int, screen: bool) -> None:
    for box in layout(people, screen).tiles:
        inside = box.fit(width, height)
        assert all(value % 2 == 0 for value in (inside.x, inside.y, inside.width, inside.height))
        assert min(inside.width, inside.height) >= 2
        assert box.x <= inside.x
        assert box.y <= inside.y
        assert inside.x + inside.width <= box.x + box.width
        assert inside.y + inside.height <= box.y + box.height
        assert inside.width >= box.width - 2 or inside.height >= box.height - 2


def capture(endpoint: str, seats: tuple[str, ...], at: int = 0, medium: str = "video") -> tuple[Path, Capture]:
    path = Path(f"{at:03}-{endpoint}.{medium}")
    return path, Capture("r", "room", "seg", endpoint, medium, "joint", seats, 90_000, "", Anchor(at, 0))


def test_one_persons_devices_share_a_tile_and_two_at_one_phone_have_their_own() -> None:
    sources = [
        capture("end_1", ("a",), 1),
        capture("end_1", ("a",), 2, "audio"),
        capture("end_2", ("b",), 3),
        capture("end_3", ("a",), 9),
        capture("end_2", ("b", "c"), 12),
        capture("end_4", ("c",), 15),
    ]
    members = cast(list(reversed(sources)))
    assert [member.seats for member in members] == [("a",), ("b", "c"), ("c",)]
    assert [path.name for path, _ in members[0].video] == ["001-end_1.video", "009-end_3.video"]
    assert [len(member.audio) for member in members] == [1, 0, 0]


@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=40).map(sorted), st.integers(0, 40_000))
def test_a_track_is_there_around_its_frames_only(times_ms: list[int], probe_ms: int) -> None:
    frames = [VideoFrame(at * 1_000_000, b"x", (2, 2) if index % 3 == 0 else None) for index, at in enumerate(times_ms)]
    found = survey(frames, 1 << 62)
    assert all(found.there(frame.at_ns) for frame in frames)
    at_ns = probe_ms * 1_000_000
    before = [frame.at_ns for frame in frames if frame.at_ns <= at_ns]
    after = [frame.at_ns for frame in frames if frame.at_ns > at_ns]
    bridged = bool(before and after) and after[0] - before[-1] <= PAUSE_NS
    assert found.there(at_ns) == (bridged or bool(before and at_ns < before[-1] + LINGER_NS))
    skipped = found.begin(at_ns)
    assert frames[skipped].key
    assert all(not frame.key for frame in frames[skipped + 1 :] if frame.at_ns <= at_ns)


@given(st.lists(st.lists(st.floats(-1, 1, width=32), min_size=8, max_size=8), max_size=7))
def test_voices_add_up_softly(voices: list[list[float]]) -> None:
    arrays = [np.array(voice, np.float32) for voice in voices]
    total = mix(arrays, 8)
    plain = np.sum(arrays, axis=0) if arrays else np.zeros(8)
    assert np.abs(total).max() < 1
    assert (np.sign(total) == np.sign(plain)).all()
    quiet = np.abs(plain) < 0.69
    assert np.allclose(total[quiet], plain[quiet], atol=1e-5)


PACKETS = st.builds(
    Coded, st.sampled_from(["video", "audio"]), st.booleans(), st.integers(-9, 1 << 40), st.integers(-9, 9), st.binary()
)


@given(st.binary(), st.binary(), st.lists(PACKETS).map(tuple))
def test_a_piece_comes_back_as_it_was_and_a_cut_one_is_refused(
    video: bytes, audio: bytes, packets: tuple[Coded, ...]
) -> None:
    part = Part(video, audio, packets)
    data = part.pack()
    assert Part.unpack(data) == part
    if packets:
        with pytest.raises(ValueError, match="piece"):
            Part.unpack(data[:-1])
    with pytest.raises(ValueError, match="piece"):
        Part.unpack(b"x" + data)


def test_a_card_holds_from_its_start_to_just_before_its_end() -> None:
    script = Script(0, {}, (Card(5, 9, "暂停"),))
    assert [script.card_at(at) for at in (4, 5, 8, 9)] == [None, "暂停", "暂停", None]
    assert script.digest() != Script(0, {}).digest()
