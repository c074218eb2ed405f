"""What must not cross a switch: late words, pictures without a journal, header elements, old placements."""

from __future__ import annotations

from dataclasses import replace

import pytest

from media.errors import StaleEpoch
from media.extensions import ExtensionIds
from media.reception import LATE, Reception
from media.router import Place
from media.rtp import Packet
from tests.unit.media.packets import IDS, URI_LEVEL, VIDEO_PT, Hall, Outbox, Shelf, rtp, vp8

pytestmark = pytest.mark.usefixtures("each_engine")


def _word(seq: int, text: bytes) -> bytes:
    return rtp(5, seq, seq * 960, text, mid="0")


def _picture(seq: int, *, key: bool = False) -> bytes:
    return rtp(6, seq, seq * 3000, vp8(seq, seq, bytes((seq,)), key=key), pt=VIDEO_PT, mid="1")


@pytest.mark.parametrize("first", [3, 5])
def test_words_of_a_caucus_that_arrive_after_it_reach_nobody_and_no_journal(first: int) -> None:
    shelf = Shelf()
    hall = Hall(shelf)
    for name in "abc":
        hall.connect("room", name)
    caucus = hall.table(1, [("c", 0, "a", True, True)], [("a", "private", True, True)])
    caucus["record"][0]["key"] = "caucus"
    hall.core.apply(caucus, hall.now)
    for seq in (1, 2, 4):
        hall.send("a", _word(seq, b"secret"))
    hall.core.apply(
        hall.table(2, [("c", 0, "a", True, True), ("b", 0, "a", True, True)], [("a", "open", True, True)]), hall.now
    )
    # Number 3 was lost, and asked for; it comes before or after the first word that everybody may hear.
    for seq in sorted((3, 5), key=lambda seq: seq != first):
        hall.send("a", _word(seq, b"secret" if seq == 3 else b"public"))
    assert [data[-6:] for data in hall.boxes["b"].rtp] == [b"public"]
    assert [data[-6:] for data in shelf.packets["a", "open", "audio"]] == [b"public"]
    assert len(shelf.packets["a", "private", "audio"]) == 3


def test_a_picture_goes_on_only_when_the_new_journal_can_show_it() -> None:
    shelf = Shelf()
    hall = Hall(shelf)
    for name in "ab":
        hall.connect("room", name)
    rows = [("b", 0, "a", True, True)]
    hall.core.apply(hall.table(1, rows, [("a", "one", True, True)]), hall.now)
    hall.send("a", _picture(1, key=True))
    hall.core.apply(hall.table(2, rows, [("a", "two", True, True)]), hall.now)
    for seq in (2, 3):
        hall.send("a", _picture(seq))
    assert len(hall.boxes["b"].rtp) == 1
    hall.send("a", _picture(4, key=True))
    hall.send("a", _picture(5))
    assert [data[-1] for data in hall.boxes["b"].rtp] == [1, 4, 5]
    assert [data[-1] for data in shelf.packets["a", "two", "video"]] == [4, 5]


def test_a_publisher_cannot_write_elements_that_mean_something_on_anothers_connection() -> None:
    hall = Hall()
    hall.connect("room", "b")
    endpoint = hall.core.admit("room", "a", 1, hall.now)
    # Its offer has neither MID nor send time, so their ids seem unknown elements of its own.
    plan = replace(hall.plan(), ids=ExtensionIds.of({URI_LEVEL: 1}), announced={5: Place("0")})
    link = hall.core.link(endpoint, plan, Outbox())
    hall.core.install("room", endpoint, link, hall.now)
    hall.core.apply(hall.table(1, [("b", 0, "a", True, True)]), hall.now)
    link.rtp(rtp(5, 1, 960, b"word", mid="a2", level=9), int(hall.now * 1e9))
    (data,) = hall.boxes["b"].rtp
    found = Packet()
    assert found.read(data, 0, 0.0, IDS)
    assert found.mid == b""
    assert b"a2" not in data
    assert found.carried == bytes((1 << 4, 9))


def test_a_dropped_room_comes_back_by_a_newer_placement_only() -> None:
    hall = Hall()
    hall.connect("room", "a")
    table = hall.table(7, [])
    assert hall.core.apply(table, hall.now).accepted
    hall.core.drop("room")
    assert not hall.core.apply(table, hall.now).accepted  # the last one, said twice
    assert not hall.core.apply({**table, "revision": 8}, hall.now).accepted
    with pytest.raises(StaleEpoch):
        hall.core.admit("room", "a", 1, hall.now)
    hall.core.admit("room", "a", 2, hall.now)
    assert hall.core.apply({**table, "epoch": 2}, hall.now).accepted


def test_a_packet_overtaken_at_the_very_start_is_not_taken_for_a_duplicate() -> None:
    reception = Reception(48000)
    reception.take(0, 0, 1, 0.0)
    assert reception.take(0xFFFF, 0, 1, 0.0) == LATE
