"""The wall: no packet of an endpoint ever reaches one that the table of its time does not name."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.media.packets import Hall, rtp
from tests.unit.media.story import HIGH, LOW, MIC, NAMES, SHOWN, SLOTS, Story

TIMES = int(os.environ.get("HESHI_SOAK", "1"))

name = st.sampled_from(NAMES)
slot = st.integers(0, SLOTS)  # one too many
key = st.sampled_from(("joint", "caucus"))
fate = st.sampled_from(("now", "now", "now", "late"))
flags = st.integers(0, 7)
members = st.sampled_from((NAMES, NAMES, ("a", "b"), ("a", "c"), ("b", "c", "d"), ("d",), ()))
stream = st.sampled_from((MIC, MIC, HIGH, HIGH, LOW, SHOWN))


def _act(method: str, *arguments: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.tuples(st.just(method), *arguments)


sending = _act("send", name, stream, st.booleans(), st.sampled_from((False, False, True)))
tables = st.one_of(
    _act("mesh", members, key, name, fate),
    _act("mesh", members, key, name, fate),
    _act("edit", name, slot, name, flags, fate),
    _act("capture", name, flags, key, st.booleans(), fate),
    _act("late", st.integers(0, 5), st.integers(0, 1)),
)
packets = st.one_of(
    sending,
    sending,
    _act("both", name),
    _act("release", name, st.integers(1, 6), st.booleans()),
    _act("nack", name, name, st.integers(0, 50), st.integers(1, 9)),
    _act("forge", name, name, st.integers(0, 200)),
    _act("stray", name),
)
changes = st.one_of(
    _act("connect", name, st.sampled_from((0, 0, 1, 2))),
    _act("offer", name, st.sampled_from((0, 0, 1))),
    _act("lose", name),
    _act("remove", name),
    _act("place", st.booleans(), st.booleans()),
    _act("drop", st.integers(0, 1)),
    _act("wait", st.sampled_from((0.5, 2.0, 12.0, 31.0))),
    _act("renew", st.integers(0, 2)),
    _act("tick"),
    _act("aim", name, st.integers(0, SLOTS - 1), st.integers(-1, 1)),
    st.sampled_from((("fail",), ("finish",), ("disk", True), ("disk", False))),
)
acts = st.one_of(tables, packets, packets, packets, changes)


def play(story: Story, act: tuple[object, ...]) -> None:
    """One act; then everybody speaks and shows, so that what is wrong is seen."""
    match act:
        case ("lose" | "remove" as what, str(one)):
            for worker in story.workers:
                if one in worker.now:
                    getattr(worker, what)(one)
        case ("drop", int(which)):
            story.workers[which].drop()
        case ("wait", float(seconds)):
            for worker in story.workers:
                worker.wait(seconds)
        case ("renew", int(back)):
            for worker in story.workers:
                truth, epoch = worker.truth, story.epoch - back
                holds = truth.known and epoch == truth.epoch and worker.hall.now < truth.until
                assert worker.hall.core.renew("room", epoch, worker.hall.now) == holds
                truth.until = worker.hall.now + 30 if holds else truth.until
        case ("fail",):
            story.worker.hall.core.recorder_failed("room", "disk")
            story.worker.heed()
        case ("finish",):
            truth = story.worker.truth
            story.worker.hall.core.finish("room")
            if truth.table is not None and truth.table["record"]:
                truth.stop(story.worker.hall.now)
        case ("disk", bool(full)):
            for worker in story.workers:
                worker.journals.refuse_write = full
        case (str(method), *arguments):
            getattr(story, method)(*arguments)
            if method in ("mesh", "edit", "capture", "late", "place", "connect"):
                for one in NAMES:
                    story.send(one, MIC, False, False)
                    story.send(one, HIGH, False, False)


@settings(max_examples=200 * TIMES, deadline=None)
@given(st.booleans(), st.lists(acts, min_size=10, max_size=60))
def test_nothing_flows_that_the_table_does_not_name(simulcast: bool, history: list[tuple[object, ...]]) -> None:
    story = Story(simulcast)
    story.mesh(NAMES, "joint", "c", "now")
    for one in NAMES:
        story.send(one, MIC, False, False)
        story.both(one)
    for act in history:
        play(story, act)


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
