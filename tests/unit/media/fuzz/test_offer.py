"""Every text a browser or a liar may send as an offer: understood or refused, soon, and never echoed unread."""

from __future__ import annotations

import re
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.errors import HeshiError
from media.errors import CodecUnsupported, OfferMalformed, OfferTooLarge, OfferWithoutAudio
from media.negotiation import Local, Offer, read_offer, write_answer
from tests.unit.media.fuzz.datagrams import examples
from tests.unit.media.fuzz.offers import bombs, real_offers, spoiled_offers
from tests.unit.media.offers import FINGERPRINT, OFFER, offer

LOCAL = Local("ours", "s" * 22, (("sha-256", FINGERPRINT),), ("1 1 udp 2130706431 127.0.0.1 5000 typ host",))
REFUSALS = (OfferMalformed, OfferTooLarge, OfferWithoutAudio, CodecUnsupported)
_LINE = re.compile(r"[a-z]=[\x20-\x7e]+")


def proven(asked: Offer, text: str) -> str:
    """The answer, after checking that it says only what an answer may say, whatever the offer was."""
    answer = write_answer(asked, LOCAL)
    assert answer.endswith("\r\n")
    lines = answer[:-2].split("\r\n")
    assert all(_LINE.fullmatch(line) for line in lines)
    sections = [line for line in lines if line.startswith("m=")]
    assert len(sections) == len(asked.lines) <= 64
    assert len({line for line in lines if line.startswith("a=mid:")}) == len(sections)
    assert not [line for line in lines if line == "a=ice-lite"]
    assert {line for line in lines if line.startswith("a=ice-ufrag:")} == {"a=ice-ufrag:ours"}
    for section in sections:
        assert re.fullmatch(r"m=[a-z]+ (0|9) [A-Z/]+ [A-Za-z0-9._-]+( [0-9]+)?", section)
    for number in re.findall(r"a=rtpmap:(\d+)", answer):
        assert int(number) <= 127
    assert len(answer) < len(text) + 100_000
    return answer


@settings(max_examples=examples(200), deadline=2000)
@given(spoiled_offers())
def test_a_spoiled_offer_is_answered_properly_or_refused_by_name(text: str) -> None:
    try:
        asked = read_offer(text)
    except REFUSALS:
        return
    proven(asked, text)


@settings(max_examples=examples(60), deadline=2000)
@given(st.text(max_size=400) | st.binary(max_size=400).map(lambda data: data.decode("latin-1")))
def test_noise_is_refused(text: str) -> None:
    for candidate in (text, "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" + text):
        with pytest.raises(REFUSALS):
            read_offer(candidate)


@pytest.mark.parametrize("name", list(bombs()))
def test_a_bomb_costs_neither_time_nor_memory(name: str) -> None:
    text = bombs()[name]
    tracemalloc.start()
    begun = time.thread_time()
    try:
        proven(read_offer(text), text)
    except REFUSALS:
        pass
    finally:
        spent = time.thread_time() - begun
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert spent < 2
    assert peak < 20_000_000
    assert proven(read_offer(OFFER), OFFER)


@pytest.mark.parametrize("name", list(real_offers()))
def test_real_browsers_are_understood_whole(name: str) -> None:
    text = real_offers()[name]
    asked = read_offer(text)
    assert [line.kind for line in asked.plan.up.values()] == ["mic", "camera", "screen"]
    assert [(audio is not None, video is not None) for audio, video in asked.plan.slots] == [(True, True)] * 7 + [
        (False, True)
    ]
    answer = proven(asked, text)
    assert "m=video 0" not in answer


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (OFFER.replace("rtpmap:111", "rtpmap:300"), OfferMalformed),
        (OFFER.replace("rtpmap:96", "rtpmap:128"), OfferMalformed),
        (OFFER.replace("a=ice-ufrag:abcd", "a=ice-ufrag:ab cd"), OfferMalformed),
        (OFFER.replace("p" * 24, "p" * 21), OfferMalformed),
        (OFFER.replace("a=mid:0\r\n", "a=mid:0\u2028a=ice-lite\r\n"), OfferMalformed),
        (OFFER.replace("a=mid:0\r\n", "a=mid:0\0\r\n"), OfferMalformed),
        (OFFER.replace("m=video", "m=<b>", 1), OfferMalformed),
        (OFFER.replace("SAVPF 111 63 13", "SAVPF 111 63 13\x0b", 1), OfferMalformed),
        (OFFER + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * 60, OfferTooLarge),
        (offer(video=("100 VP9/90000",), audio="8 PCMA/8000"), CodecUnsupported),
    ],
)
def test_each_lie_has_its_code(text: str, error: type[HeshiError]) -> None:
    with pytest.raises(error):
        read_offer(text)
