"""Two encodings of one camera: told apart, followed at key frames only, for each subscriber by itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtcp
from media.follower import NONE
from media.rtp import Packet
from media.stats import quality
from media.stream import HIGH, LOW
from tests.unit.media.packets import IDS, VIDEO_PT, Hall, Shelf, rtp, vp8

pytestmark = pytest.mark.usefixtures("each_engine")

SSRC = {LOW: 11, HIGH: 12}
RID = {LOW: "q", HIGH: "h"}


class Camera:
    """Endpoint a with two encodings; b sees it in slot 0, c too."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.hall = hall = Hall(shelf)
        hall.rids = ("q", "h")
        for name in "abc":
            hall.connect("room", name)
        record = [("a", "seg", True, True)] if shelf else None
        hall.core.apply(hall.table(1, [("b", 0, "a", True, True), ("c", 0, "a", True, True)], record), hall.now)
        self.seq = {LOW: 65530, HIGH: 100}

    def frame(self, layer: int, *, key: bool = False) -> None:
        """One frame of one packet whose last byte names the encoding."""
        seq = self.seq[layer] = self.seq[layer] + 1
        body = vp8(seq & 0x7FFF, seq & 0xFF, bytes((layer,)), key=key)
        packet = rtp(SSRC[layer], seq, seq * 3000 + layer * 77, body, pt=VIDEO_PT, mid="1", rid=RID[layer])
        self.hall.send("a", packet)

    def both(self, *, key: bool = False) -> None:
        """A frame of each, and the time it takes."""
        self.frame(LOW, key=key)
        self.frame(HIGH, key=key)
        self.hall.now += 1 / 30

    def got(self, name: str) -> list[int]:
        """Which encodings reached somebody, packet by packet; checks that the slot is one unbroken stream."""
        packet, before, layers = Packet(), None, []
        for data in self.hall.boxes[name].rtp:
            assert packet.read(data, 0, 0.0, IDS)
            assert packet.picture.read(data, packet.start, packet.end)
            now = (packet.seq, packet.ts, packet.picture.picture, packet.picture.tl0)
            if before is not None:
                assert (now[0] - before[0]) & 0xFFFF == 1
                assert 0 < (now[1] - before[1]) & 0xFFFFFFFF < 90000 * 60
                assert (now[2] - before[2]) & 0x7FFF == 1
                assert (now[3] - before[3]) & 0xFF == 1
            before = now
            layers.append(data[-1])
        return layers

    def aim(self, name: str, layer: int) -> None:
        slot = self.hall.links[name].slots[0][1]
        assert slot is not None
        slot.aim(layer, self.hall.now)


def test_the_first_key_frame_is_shown_and_the_better_encoding_as_soon_as_it_can_be() -> None:
    camera = Camera()
    camera.frame(LOW, key=True)
    camera.frame(LOW)
    assert camera.got("b") == [LOW, LOW]
    camera.both()
    camera.both()
    assert camera.got("b") == [LOW] * 4  # no key frame of the better one yet
    camera.both(key=True)
    camera.both()
    assert camera.got("b")[4:] == [LOW, HIGH, HIGH]


def test_each_subscriber_has_its_own_choice_and_a_switch_waits_for_a_key_frame() -> None:
    camera = Camera()
    camera.both(key=True)
    camera.both(key=True)
    camera.aim("c", LOW)
    camera.hall.links["a"].ask(camera.hall.now)
    assert _asked(camera.hall) == {SSRC[LOW]}
    camera.both()
    camera.both(key=True)
    camera.both()
    assert camera.got("c")[-3:] == [HIGH, LOW, LOW]
    assert set(camera.got("b")[-3:]) == {HIGH}


def test_a_picture_that_is_withheld_comes_back_at_a_key_frame() -> None:
    camera = Camera()
    camera.both(key=True)
    camera.aim("b", NONE)
    count = len(camera.got("b"))
    camera.both(key=True)
    assert len(camera.got("b")) == count
    endpoint = camera.hall.core.rooms["room"].endpoints["b"]
    assert quality(endpoint, camera.hall.links["b"], camera.hall.now).picture == "none"
    camera.hall.now += 5
    camera.aim("b", HIGH)
    camera.both()
    assert len(camera.got("b")) == count
    camera.both(key=True)
    assert len(camera.got("b")) > count


def test_an_encoding_that_its_browser_switches_off_is_replaced() -> None:
    shelf = Shelf()
    camera = Camera(shelf)
    for _ in range(3):
        camera.both(key=True)
    assert camera.got("b")[-1] == HIGH
    for _ in range(90):
        camera.frame(LOW, key=True)
        camera.hall.now += 1 / 30
    camera.hall.links["a"].send_receiver_report(camera.hall.now)
    camera.frame(LOW, key=True)
    assert camera.got("b")[-1] == LOW
    assert shelf.packets["a", "seg", "video"][-1][-1] == LOW
    endpoint = camera.hall.core.rooms["room"].endpoints["a"]
    link = camera.hall.links["a"]
    assert quality(endpoint, link, camera.hall.now).sending == "high"  # its network would carry more: a small camera
    link.uplink.estimate = 200_000
    assert quality(endpoint, link, camera.hall.now).sending == "low"


def test_an_encoding_that_falls_silent_beside_the_other_is_left_within_half_a_second() -> None:
    shelf = Shelf()
    camera = Camera(shelf)
    hall, link = camera.hall, camera.hall.links["a"]
    for _ in range(3):
        camera.both(key=True)
    link.ask(hall.now)
    hall.boxes["a"].rtcp.clear()
    began = hall.now
    key = False
    while camera.got("b")[-1] == HIGH:
        camera.frame(LOW, key=key)
        hall.now += 1 / 30
        link.ask(hall.now)
        key = SSRC[LOW] in _asked(hall)  # its browser answers with the next frame
        assert hall.now - began < 0.5
    assert camera.got("c")[-1] == LOW
    assert shelf.packets["a", "seg", "video"][-1][-1] == LOW
    assert SSRC[HIGH] not in _asked(hall)  # or its browser would make key frames of the other one

    # And when it comes back, everybody follows.
    camera.both()
    link.ask(hall.now)
    assert SSRC[HIGH] in _asked(hall)
    camera.both(key=True)
    assert camera.got("b")[-1] == camera.got("c")[-1] == shelf.packets["a", "seg", "video"][-1][-1] == HIGH


def _asked(hall: Hall) -> set[int]:
    """The encodings of a for which a key frame was asked."""
    return {
        int.from_bytes(body[4:8], "big")
        for data in hall.boxes["a"].rtcp
        for kind, fmt, body in rtcp.split(data)
        if (kind, fmt) == (rtcp.PSFB, rtcp.PLI)
    }


steps = st.lists(
    st.one_of(
        st.tuples(st.just("frame"), st.sampled_from([LOW, HIGH]), st.booleans()),
        st.tuples(st.just("aim"), st.sampled_from("bc"), st.sampled_from([LOW, HIGH, NONE])),
        st.tuples(st.just("wait"), st.floats(0.01, 3), st.none()),
    ),
    max_size=80,
)


@settings(max_examples=200)
@given(steps)
def test_whatever_is_chosen_a_slot_is_one_stream_and_the_recording_has_all_that_is_shown(
    story: list[tuple[str, object, object]],
) -> None:
    shelf = Shelf()
    camera = Camera(shelf)
    shown: dict[str, list[int]] = {"b": [], "c": []}
    for act, first, second in story:
        if act == "frame" and isinstance(first, int):
            before = {name: len(camera.hall.boxes[name].rtp) for name in "bc"}
            recorded = len(shelf.packets["a", "seg", "video"])
            camera.frame(first, key=bool(second))
            for name in "bc":
                shown[name] += camera.got(name)[before[name] :]
            if not shown["b"] + shown["c"]:
                continue
            assert len(shelf.packets["a", "seg", "video"]) in (recorded, recorded + 1)
        elif act == "aim" and isinstance(first, str) and isinstance(second, int):
            camera.aim(first, second)
        elif isinstance(first, float):
            camera.hall.now += first
            camera.hall.links["a"].send_receiver_report(camera.hall.now)
    if shown["b"] or shown["c"]:
        assert shelf.packets["a", "seg", "video"]
    for name in "bc":
        assert camera.got(name) == shown[name]
