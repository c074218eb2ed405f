"""Offers understood or refused, answers that promise only what the relay does."""

from __future__ import annotations

import pytest
from aiortc import sdp
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.errors import HeshiError
from media.errors import CodecUnsupported, OfferMalformed, OfferTooLarge, OfferWithoutAudio
from media.negotiation import Local, read_offer, write_answer
from tests.unit.media.offers import FINGERPRINT, OFFER, offer

LOCAL = Local("ours", "s" * 22, (("sha-256", FINGERPRINT),), ("1 1 udp 2130706431 127.0.0.1 5000 typ host",))


def test_the_order_of_lines_gives_them_their_meaning() -> None:
    plan = read_offer(OFFER).plan
    assert {mid: line.kind for mid, line in plan.up.items()} == {"0": "mic", "1": "camera", "2": "screen"}
    assert [tuple(half.mid for half in pair if half) for pair in plan.slots] == [("3", "4"), ("5", "6"), ("7", "8")]
    assert {ssrc: place.mid for ssrc, place in plan.announced.items()} == {7000: "0", 7001: "1", 7002: "2"}
    assert (plan.ids.mid, plan.ids.sent) == (4, 2)
    assert plan.ids.carried == {"urn:ietf:params:rtp-hdrext:ssrc-audio-level": 1}
    assert len({half.ssrc for pair in plan.slots for half in pair if half}) == 6


@pytest.mark.parametrize("repeated", ["111/0", "0/5", "apt=111", ""])
def test_redundancy_of_anything_but_opus_is_not_taken(repeated: str) -> None:
    read = read_offer(offer(red=repeated))
    assert read.plan.up["0"].red == -1
    assert "red/48000" not in write_answer(read, LOCAL)


def test_the_answer_pairs_slots_by_stream_and_offers_nothing_else() -> None:
    answer = write_answer(read_offer(OFFER), LOCAL)
    parsed = sdp.SessionDescription.parse(answer)
    assert [media.direction for media in parsed.media] == ["recvonly"] * 3 + ["sendonly"] * 6
    assert [str(media.msid).split()[0] for media in parsed.media[3:]] == [
        "slot0",
        "slot0",
        "slot1",
        "slot1",
        "slot2",
        "slot2",
    ]
    assert [media.fmt for media in parsed.media] == [
        [63, 111],
        *[[96, 97]] * 2,
        *[[111], [96, 97]] * 3,
    ]
    assert answer.count("a=fmtp:63 111/111\r\n") == 1
    assert "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n" in answer
    for word in ("simulcast", "transport-wide", "a=rid"):
        assert word not in answer
    assert answer.count("a=rtcp-fb:96 nack\r\n") == 5
    assert answer.count("a=rtcp-fb:111 nack\r\n") == 4
    assert answer.count("a=fmtp:97 apt=96\r\n") == 5
    assert answer.count("a=ssrc-group:FID") == 3
    assert all(media.dtls is not None and media.dtls.role == "client" for media in parsed.media)


def test_the_browser_may_insist_on_being_the_dtls_client() -> None:
    asked = read_offer(offer(setup="active"))
    assert asked.we_are_server
    assert "a=setup:passive" in write_answer(asked, LOCAL)


def test_a_browser_without_vp8_joins_by_voice() -> None:
    asked = read_offer(offer(video=("100 VP9/90000", "101 H264/90000")))
    assert {line.kind for line in asked.plan.up.values()} == {"mic"}
    assert [(audio.mid if audio else None, video) for audio, video in asked.plan.slots] == [
        ("3", None),
        ("5", None),
        ("7", None),
    ]
    parsed = sdp.SessionDescription.parse(write_answer(asked, LOCAL))
    assert [media.port == 0 for media in parsed.media] == [False, True, True] + [False, True] * 3
    assert parsed.group[0].items == ["0", "3", "5", "7"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", OfferMalformed),
        ("hello", OfferMalformed),
        ("v=0\r\nm=audio\r\n", OfferMalformed),
        (OFFER.replace("a=mid:0\r\n", ""), OfferMalformed),
        (offer(mid="0"), OfferMalformed),
        (offer(mid="m" * 17), OfferMalformed),
        (offer(mux="a=x"), OfferMalformed),
        (offer(bundle="BUNDLE 0 1"), OfferMalformed),
        (offer(ufrag=""), OfferMalformed),
        (offer(password=""), OfferMalformed),
        (offer(fingerprint="sha-1 AB"), OfferMalformed),
        (offer(setup="perhaps"), OfferMalformed),
        (offer(up="vv"), OfferWithoutAudio),
        (offer(up=""), OfferWithoutAudio),
        (offer(0, up="vv"), OfferWithoutAudio),
        (offer(direction="inactive"), OfferWithoutAudio),
        (offer(audio="8 PCMA/8000"), CodecUnsupported),
        (offer(13), OfferTooLarge),
        (offer(40), OfferTooLarge),
        (OFFER + "a=x:" + "y" * 200_000, OfferTooLarge),
    ],
)
def test_bad_offers_have_their_code(text: str, error: type[HeshiError]) -> None:
    with pytest.raises(error):
        read_offer(text)


@settings(max_examples=200)
@given(st.data())
def test_any_mangled_offer_is_understood_or_refused(data: st.DataObject) -> None:
    lines = OFFER.split("\r\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(["drop", "double", "cut", "text"]))
        line = lines.pop(at)
        if change == "double":
            lines[at:at] = [line, line]
        elif change == "cut":
            lines.insert(at, line[: data.draw(st.integers(0, max(len(line) - 1, 0)))])
        elif change == "text":
            lines.insert(at, line[:2] + data.draw(st.text(max_size=12)))
    try:
        asked = read_offer("\r\n".join(lines))
    except HeshiError:
        return
    assert "m=audio" in write_answer(asked, LOCAL)
