"""Two engines, one behaviour: what happens to one happens to the other, byte for byte and number for number."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtcp
from tests.unit.media.fuzz.datagrams import hex_lines, rtcp_compounds, rtp_packets, spoiled
from tests.unit.media.fuzz.offers import CORPUS
from tests.unit.media.lives import Life
from tests.unit.media.packets import AUDIO_PT, RTX_PT, VIDEO_PT, rtp, vp8
from tests.unit.media.twins import ALL_IDS, Twin, Twins

TIMES = int(os.environ.get("HESHI_SOAK", "1"))
MIC, CAMERA, REPEATS = 601, 602, 603


@settings(max_examples=40 * TIMES, deadline=None)
@given(st.integers(0, (1 << 64) - 1), st.integers(10, 250))
def test_the_same_life_leaves_the_same_packets_journals_and_counts(seed: int, length: int) -> None:
    Life(seed).play(length)


LEAST = {
    "packets_in": 1000,
    "dropped": 20,
    "retransmitted": 100,
    "nacks_sent": 100,
    "repaired": 10,
    "given_up": 100,
    "recorded": 500,
    "lives": 100,
    "heads too long to be kept apart": 10,
    "heads without extensions": 100,
    "sound that went twice": 10,
    "padding": 10,
}
"""What a dozen lives hold; if they held less, they would prove less."""


def test_these_lives_go_through_everything() -> None:
    counted: Counter[str] = Counter()
    for seed in range(12):
        life = Life(seed)
        life.play(150)
        counted.update(life.twins.model.core.counters())
        counted["recorded"] += sum(map(len, life.twins.model.shelf.packets.values()))
        counted["lives"] += sum(stream.generation for stream in life.streams())
        sent = life.packets()
        counted["heads too long to be kept apart"] += sum(data[0] & 0x10 and data[15] > 18 for data in sent)
        counted["heads without extensions"] += sum(not data[0] & 0x10 for data in sent)
        counted["padding"] += sum(data[0] & 0x20 != 0 for data in sent)
        sound = [data for data in sent if data[1] & 0x7F == AUDIO_PT]
        counted["sound that went twice"] += len(sound) - len(set(sound))
    assert {what: counted[what] for what, least in LEAST.items() if counted[what] < least} == {}


def _meeting(seed: int, variant: int) -> Twins:
    """a, b and c see each other; a and b have agreed on the same ids, c on others; a and c have begun."""
    twins = Twins(seed)

    def meet(hall: Twin) -> None:
        for name in "abc":
            hall.ids = ALL_IDS[variant if name == "c" else 0]
            hall.connect("room", name)
        rows = [(to, slot, source, True, True) for to in "abc" for slot, source in enumerate(sorted({*"abc"} - {to}))]
        hall.core.apply(hall.table(1, rows, [("c", "segment", True, True)]), hall.now)
        for name in "ac":
            mid = ALL_IDS[variant if name == "c" else 0].mid
            hall.send(name, _said(mid, rtp(MIC, 1, 960, b"sound", mid="0")))
            picture = rtp(CAMERA, 1, 3000, vp8(1, 1, b"key", key=True), pt=VIDEO_PT, mid="1")
            hall.send(name, _said(mid, picture))
            hall.send(name, _said(mid, rtp(REPEATS, 1, 3000, b"", pt=RTX_PT, mid="1")))
            assert len(hall.links[name]._flows) == 3

    twins.each(meet)
    return twins


def _said(mid: int, data: bytes) -> bytes:
    """The same packet where MID, its only extension, has this id."""
    return data[:16] + bytes((mid << 4 | data[16] & 0x0F,)) + data[17:]


_OWN = st.one_of(st.sampled_from([MIC, CAMERA, REPEATS, 0, 0xFFFFFFFF]), st.integers(1000, 1030))
_HOSTILE = st.lists(spoiled(rtp_packets(_OWN, (AUDIO_PT, VIDEO_PT, RTX_PT))), max_size=40)


@settings(max_examples=60 * TIMES, deadline=None)
@given(_HOSTILE, st.integers(0, len(ALL_IDS) - 1), st.sampled_from((0.0, 0.001, 0.7)))
def test_whatever_a_liar_sends_means_the_same_to_both(packets: list[bytes], variant: int, apart: float) -> None:
    twins = _meeting(1, variant)
    for data in packets:
        twins.wait(apart)
        twins.send("c", data)
    twins.alike()


@settings(max_examples=40 * TIMES, deadline=None)
@given(st.lists(spoiled(rtcp_compounds(st.integers(1001, 1020))), max_size=20), st.integers(0, len(ALL_IDS) - 1))
def test_whatever_a_liar_reports_means_the_same_to_both(compounds: list[bytes], variant: int) -> None:
    twins = _meeting(2, variant)
    for data in compounds:
        twins.wait(0.01)
        twins.each(lambda hall, data=data: hall.links["c"].rtcp(data, hall.now))  # type: ignore[misc]
        twins.each(Twin.ask)
    twins.each(Twin.report)
    twins.alike()


@pytest.mark.parametrize("kind", ["rtp", "rtcp"])
def test_the_stored_corpus_means_the_same_to_both(kind: str) -> None:
    twins = _meeting(3, 0)
    for data in hex_lines((CORPUS / f"{kind}.hex").read_text()):
        twins.wait(0.01)
        if kind == "rtp":
            twins.send("c", data)
        else:
            twins.each(lambda hall, data=data: hall.links["c"].rtcp(data, hall.now))  # type: ignore[misc]
    twins.alike()


def _picture(twins: Twins, seq: int) -> None:
    twins.send("a", rtp(CAMERA, seq, 3000 * seq, vp8(seq, seq, b"part", key=False), pt=VIDEO_PT))


def _ask_again(twins: Twins, lost: Iterable[int]) -> int:
    """b misses these packets of its first picture; how many come again."""
    slot = twins.model.links["b"].slots[0][1]
    assert slot is not None
    before = slot.repeated
    twins.each(Twin.ask)  # patience is renewed
    twins.each(lambda hall: hall.links["b"].rtcp(rtcp.nack(1, slot.ssrc, list(lost)), hall.now))
    return slot.repeated - before


@pytest.mark.parametrize("rate", [0, 40, 400])
def test_a_storm_of_requests_is_answered_at_the_same_pace(rate: int) -> None:
    twins = _meeting(4, 0)
    twins.each(Twin.decide)
    for seq in range(2, 2 + max(rate, 60)):
        twins.wait(1 / max(rate, 60))
        _picture(twins, seq)
    twins.each(Twin.decide)
    numbers = [int.from_bytes(data[2:4], "big") for data in twins.model.boxes["b"].rtp if data[1] & 0x7F == VIDEO_PT]
    answered = []
    for silence in (0.0, 0.05, 0.3, 1.0, 1.7, 60.0):
        twins.wait(silence)
        answered += [_ask_again(twins, numbers[:50]) for _ in range(3)]
    assert any(0 < count < 50 for count in answered)
    twins.alike()


def test_what_was_just_repeated_is_not_repeated_again_however_much_else_was() -> None:
    twins = _meeting(5, 0)
    twins.each(Twin.decide)
    for seq in range(2, 2002):
        twins.wait(0.0005)
        _picture(twins, seq)
    twins.each(Twin.decide)
    twins.wait(1.0)
    numbers = [int.from_bytes(data[2:4], "big") for data in twins.model.boxes["b"].rtp if data[1] & 0x7F == VIDEO_PT]
    kept = numbers[-500:]
    assert _ask_again(twins, kept[:250]) + _ask_again(twins, kept[250:]) == 500
    for seq in range(2002, 2102):
        _picture(twins, seq)
    numbers = [int.from_bytes(data[2:4], "big") for data in twins.model.boxes["b"].rtp if data[1] & 0x7F == VIDEO_PT]
    assert _ask_again(twins, numbers[-20:]) == 20  # more than five hundred and twelve by now
    assert _ask_again(twins, numbers[-20:]) == 0
    assert _ask_again(twins, kept[-20:]) == 0
    twins.alike()
