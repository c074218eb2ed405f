"""The wall: no packet of an endpoint ever reaches one that the table of its time does not name."""

from __future__ import annotations

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.media.packets import Hall, rtp
from tests.unit.media.story import HIGH, LOW, MIC, NAMES, SHOWN, SLOTS, Story

pytestmark = pytest.mark.usefixtures("each_engine")

TIMES = int(os.environ.get("HESHI_SOAK", "1"))

MEMBERS = (NAMES, NAMES, ("a", "b"), ("a", "c"), ("b", "c", "d"), ("d",), ())
FATES = ("now", "now", "now", "late")
KEYS = ("joint", "caucus")

Act = tuple[object, ...]


def event(r: Random) -> Act:
    """Something that changes what may flow, or might."""
    one, other, flip = r.choice(NAMES), r.choice(NAMES), r.random() < 0.5
    acts: tuple[Act, ...] = (
        ("mesh", r.choice(MEMBERS), r.choice(KEYS), one, r.choice(FATES)),
        ("mesh", r.choice(MEMBERS), r.choice(KEYS), one, "now"),
        ("edit", one, r.randint(0, SLOTS), other, r.randint(0, 7), r.choice(FATES)),
        ("edit", one, r.randint(0, SLOTS), other, r.randint(0, 7), "now"),
        ("capture", one, r.randint(0, 7), r.choice(KEYS), flip, r.choice(FATES)),
        ("late", r.randint(0, 5), r.randint(0, 1)),
        ("connect", one, r.choice((0, 0, 1, 2))),
        ("offer", one, r.choice((0, 0, 1))),
        ("lose", one),
        ("remove", one),
        ("place", flip, r.random() < 0.7, r.choice(FATES)),
        ("replace", one),
        ("drop", r.randint(0, 1)),
        ("wait", r.choice((0.5, 2.0, 12.0, 31.0))),
        ("renew", r.randint(0, 2)),
        ("tick",),
        ("aim", one, r.randint(0, SLOTS - 1), r.randint(-1, 1)),
        ("fail",),
        ("finish",),
        ("disk", flip),
    )
    return r.choice(acts)


def packet(r: Random) -> Act:
    """Something that is sent."""
    one, other, flip = r.choice(NAMES), r.choice(NAMES), r.random() < 0.5
    stream = r.choice((MIC, MIC, HIGH, HIGH, LOW, SHOWN))
    acts: tuple[Act, ...] = (
        ("send", one, stream, flip, False),
        ("send", one, stream, flip, r.random() < 0.6),
        ("both", one),
        ("release", one, r.randint(1, 6), flip),
        ("nack", one, other, r.randint(0, 50), r.randint(1, 9)),
        ("forge", one, other, r.randint(0, 200)) if r.random() < 0.3 else ("both", one),
        ("stray", one),
    )
    return r.choice(acts)


def play(story: Story, act: Act, r: Random) -> None:
    """An event; around it words and pictures, in time and late, so that what is wrong is seen."""
    one = r.choice(NAMES)
    for stream in (MIC, HIGH):
        story.send(one, stream, r.random() < 0.3, True)
        story.send(one, stream, False, False)
    do(story, act)
    story.again(r.choice(NAMES))
    if r.random() < 0.5:
        story.release(one, 9, r.random() < 0.5)
    story.everybody(r.random() < 0.5)
    story.release(one, 9, r.random() < 0.5)


def do(story: Story, act: Act) -> None:
    """What happens."""
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
                worker.renew(story.epoch - back)
        case ("fail",):
            story.worker.hall.core.recorder_failed("room", "disk")
            story.worker.heed()
        case ("finish",):
            story.worker.finish()
        case ("disk", bool(full)):
            for worker in story.workers:
                worker.journals.refuse_write = full
        case (str(method), *arguments):
            getattr(story, method)(*arguments)


def live(simulcast: bool, seed: int, length: int) -> None:
    """One history from its beginning: everybody is there, hears and sees everybody, and is recorded."""
    story, r = Story(simulcast), Random(seed)
    story.mesh(NAMES, "joint", "c", "now")
    for one in NAMES:
        story.both(one)
    story.everybody()
    for _ in range(length):
        for _ in range(r.randint(0, 3)):
            do(story, packet(r))
        play(story, event(r), r)
        if r.random() < 0.1:
            do(story, ("mesh", NAMES, "joint", r.choice(NAMES), "now"))


@settings(max_examples=250 * TIMES, deadline=None)
@given(st.booleans(), st.integers(0, (1 << 64) - 1), st.integers(5, 30))
def test_nothing_flows_that_the_table_does_not_name(simulcast: bool, seed: int, length: int) -> None:
    live(simulcast, seed, length)


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
