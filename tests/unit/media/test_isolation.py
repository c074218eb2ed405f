"""The wall: no packet of an endpoint ever reaches one that the table in force does not name."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from media.rtp import Packet
from tests.unit.media.packets import IDS, VIDEO_PT, Hall, Shelf, rtp, vp8

NAMES = ("a", "b", "c", "d")
SLOTS = 3

name = st.sampled_from(NAMES)
row = st.tuples(name, st.integers(0, SLOTS), name, st.booleans(), st.booleans())
rows = st.lists(row, max_size=10, unique_by=lambda one: (one[0], one[1]))
recorded = st.sets(name, max_size=3)
act = st.one_of(
    st.tuples(st.just("table"), rows, recorded),
    st.tuples(st.just("old table"), rows, recorded),
    st.tuples(st.just("send"), st.lists(st.tuples(name, st.booleans(), st.booleans()), min_size=1, max_size=12)),
    st.tuples(st.just("reconnect"), name),
    st.tuples(st.just("close"), name),
    st.tuples(st.just("wait"), st.floats(0.1, 20)),
    st.tuples(st.just("fail")),
    st.tuples(st.just("finish")),
)


class Story:
    """A room, and beside it the plain statement of what may flow."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.hall = Hall(self.shelf, SLOTS)
        self.revision = 0
        self.rows: list[tuple[str, int, str, bool, bool]] = []
        self.recorded: set[str] = set()
        self.until = 0.0
        self.seq = dict.fromkeys(NAMES, 100)
        self.lives = 0
        for one in NAMES:
            self.connect(one)

    def connect(self, one: str) -> None:
        self.hall.connect("room", one)
        self.lives += 1
        self.base = {**getattr(self, "base", {}), one: self.lives * 10}

    def apply(self, rows: list[tuple[str, int, str, bool, bool]], recorded: set[str]) -> None:
        self.revision += 1
        record = [(one, f"seg{self.revision}", True, True) for one in sorted(recorded)]
        applied = self.hall.core.apply(self.hall.table(self.revision, rows, record), self.hall.now)
        assert applied.accepted
        self.rows, self.recorded, self.until = rows, recorded, self.hall.now + 30

    def stop(self) -> None:
        if self.recorded:
            self.rows = []

    def send(self, one: str, video: bool, key: bool) -> None:
        if one not in self.hall.links:
            return
        hall = self.hall
        before = {other: len(box.rtp) for other, box in hall.boxes.items()}
        self.seq[one] += 1
        seq, ssrc = self.seq[one], self.base[one] + video
        if video:
            packet = rtp(ssrc, seq, seq * 3000, vp8(seq, seq, one.encode(), key=key), pt=VIDEO_PT, mid="1")
        else:
            packet = rtp(ssrc, seq, seq * 960, one.encode(), mid="0")
        hall.send(one, packet)
        reached = set()
        for other, box in hall.boxes.items():
            for sent in box.rtp[before[other] :]:
                parsed = Packet()
                assert parsed.read(sent, 0, 0.0, IDS)
                assert sent[-1:] == one.encode()
                slot = next(
                    index
                    for index, pair in enumerate(hall.links[other].slots)
                    for half in pair
                    if half is not None and half.ssrc == parsed.ssrc
                )
                reached.add((other, slot))
        flowing = self.rows if hall.now < self.until else []
        named = {(to, slot) for to, slot, source, *media in flowing if source == one and media[video] and slot < SLOTS}
        named = {(to, slot) for to, slot in named if to in hall.links}
        assert reached <= named
        if not video or key:
            assert reached == named

    def play(self, act: tuple[object, ...]) -> None:
        hall = self.hall
        match act:
            case ("table", list(rows), set(recorded)):
                self.apply(rows, recorded)
                for one in NAMES:
                    self.send(one, False, False)
                    self.send(one, True, True)
            case ("old table", list(rows), set()):
                if self.revision:
                    table = hall.table(self.revision - 1, rows)
                    assert not hall.core.apply(table, hall.now).accepted
                    assert not hall.core.apply({**table, "revision": 999, "epoch": 0}, hall.now).accepted
            case ("send", list(packets)):
                for packet in packets:
                    hall.now += 0.01
                    self.send(*packet)
            case ("reconnect", str(one)):
                self.connect(one)
            case ("close", str(one)):
                hall.core.remove(one)
                hall.links.pop(one, None)
            case ("wait", float(seconds)):
                hall.now += seconds
                hall.core.lapse(hall.now)
            case ("fail",):
                if self.recorded:
                    hall.core.recorder_failed("room", "disk")
                    self.stop()
            case ("finish",):
                hall.core.finish("room")
                self.stop()


@settings(max_examples=300, deadline=None)
@given(st.lists(act, min_size=4, max_size=40))
def test_nothing_flows_that_the_table_does_not_name(acts: list[tuple[object, ...]]) -> None:
    story = Story()
    for one in acts:
        story.play(one)


@given(
    st.lists(
        st.tuples(name, st.integers(0, 2), name, st.just(True), st.just(True)),
        max_size=8,
        unique_by=lambda one: (one[0], one[1]),
    )
)
def test_nobody_gets_the_packet_that_the_recorder_refused(
    rows: list[tuple[str, int, str, bool, bool]],
) -> None:
    story = Story()
    story.apply(rows, {"a"})
    story.shelf.refuse_write = True
    for one in ("a", "b"):
        story.hall.send(one, rtp(story.base[one], 1, 1, one.encode(), mid="0"))
    assert not any(box.rtp for box in story.hall.boxes.values())
    assert story.hall.core.rooms["room"].recorder == "failed"


def test_two_rooms_do_not_hear_each_other() -> None:
    hall = Hall()
    hall.connect("one", "a")
    hall.connect("two", "b")
    hall.core.apply(hall.table(1, [("b", 0, "a", True, True), ("a", 0, "b", True, True)], room="one"), hall.now)
    hall.core.apply(hall.table(1, [("b", 0, "a", True, True)], room="two"), hall.now)
    hall.send("a", rtp(1, 1, 1, b"a", mid="0"))
    hall.send("b", rtp(2, 1, 1, b"b", mid="0"))
    assert not hall.boxes["a"].rtp
    assert not hall.boxes["b"].rtp
