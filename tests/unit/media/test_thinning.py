"""What one subscriber's feedback is blamed for, and voices that go twice."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtcp
from media.link import Link
from media.rtp import Packet
from media.serial import ahead16
from media.slot import Slot
from tests.unit.media.packets import IDS, RTX_PT, VIDEO_PT, Hall, rtp, vp8

pytestmark = pytest.mark.usefixtures("each_engine")


class Voice:
    """Endpoint a speaks, b listens in slot 0; a packet's last byte is its number."""

    def __init__(self, seq: int = 0) -> None:
        self.hall = hall = Hall()
        for name in "abc":
            hall.connect("room", name)
        self.seq = seq
        self.listen("a")
        slot = hall.links["b"].slots[0][0]
        assert slot is not None
        self.slot: Slot = slot

    @property
    def b(self) -> Link:
        return self.hall.links["b"]

    def listen(self, *to: str) -> None:
        """From now on b hears these, in slots 0, 1, …"""
        hall = self.hall
        revision = hall.core.rooms["room"].fence.revision + 1
        rows = [("b", slot, name, True, False) for slot, name in enumerate(to)]
        assert hall.core.apply(hall.table(revision, rows), hall.now).accepted

    def speak(self, name: str = "a", *, skip: int = 0) -> None:
        """One packet; `skip`: so many before it are lost on the speaker's way."""
        self.seq += 1 + skip
        self.hall.now += 0.02 * (1 + skip)
        body = name.encode() + bytes((self.seq & 0xFF,))
        self.hall.send(name, rtp(ord(name), self.seq, 960 * self.seq, body, mid="0"))

    def repair(self, name: str = "a") -> None:
        """The packet before the last one comes after all."""
        number = self.seq - 1
        self.hall.send(name, rtp(ord(name), number, 960 * number, name.encode() + bytes((number & 0xFF,)), mid="0"))

    def heard(self) -> list[tuple[int, bytes]]:
        """Sequence number and body of all that b was sent, in order."""
        packet, found = Packet(), []
        for data in self.hall.boxes["b"].rtp:
            assert packet.read(data, 0, 0.0, IDS)
            found.append((packet.seq, data[packet.start :]))
        return found


class Watcher:
    """What b's browser counts of slot 0, when its line loses the packets it is told to lose."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        voice.speak()
        self.first = self.highest = voice.heard()[-1][0]
        self.arrived = 1

    def take(self, *, lost: bool = False) -> None:
        """The packet sent last arrives, or not."""
        if not lost:
            self.arrived += 1
            self.highest += max(ahead16(self.voice.heard()[-1][0], self.highest & 0xFFFF), 0)

    def report(self) -> None:
        """Receiver reports come about once a second."""
        self.voice.hall.now += 0.5
        lost = self.highest - self.first + 1 - self.arrived
        report = rtcp.Report(self.voice.slot.ssrc, 0, lost, self.highest, 0, 0, 0)
        self.voice.b.rtcp(rtcp.receiver_report(9, [report]), self.voice.hall.now)

    @property
    def loss(self) -> float:
        """The relay's opinion of its line."""
        return self.voice.b.thinning.loss


fates = st.sampled_from(["arrives", "arrives", "arrives", "never came", "lost"])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(fates, min_size=1, max_size=30), min_size=2, max_size=8))
def test_a_watcher_is_blamed_for_what_its_own_line_loses(seconds: list[list[str]]) -> None:
    voice = Voice(65_300)
    watcher = Watcher(voice)
    skip, waiting, sent, lost = 0, [], 0, 0
    watcher.report()
    for second in seconds:
        for fate in second:
            if fate == "never came":
                skip += 1
                continue
            voice.speak(skip=skip)
            skip = 0
            watcher.take(lost=fate == "lost")
            waiting.append(fate == "lost")
            if fate == "arrives":  # what is lost after the last one that arrived is not seen yet
                sent, lost, waiting = sent + len(waiting), lost + sum(waiting), []
        watcher.report()
    assert watcher.loss == (lost / sent if sent else 0)


def test_a_hole_that_is_filled_late_is_nobodys_loss() -> None:
    voice = Voice()
    watcher = Watcher(voice)
    watcher.report()
    for _ in range(5):
        for _ in range(30):
            voice.speak(skip=1)
            watcher.take()
            voice.repair()
            watcher.take()
        watcher.report()
    assert watcher.loss == 0


def test_a_switch_of_the_source_is_no_loss_and_hides_none() -> None:
    voice = Voice()
    watcher = Watcher(voice)
    watcher.report()
    for names in ("ca", "ac"):
        for name in names:
            voice.listen(name)
            for number in range(20):
                voice.speak(name)
                watcher.take(lost=number == 10)
        watcher.report()
    assert 0.02 < watcher.loss <= 0.05  # what was lost before a switch may be forgotten with the rest
    healthy = Voice()
    watcher = Watcher(healthy)
    watcher.report()
    for name in "caca":
        healthy.listen(name)
        for _ in range(20):
            healthy.speak(name)
            watcher.take()
        watcher.report()
    assert watcher.loss == 0


# Voices twice


def test_a_voice_goes_twice_the_second_time_with_the_next() -> None:
    voice = Voice()
    voice.speak()
    voice.slot.echo = True
    voice.speak()
    voice.speak()
    one, two, three = dict.fromkeys(voice.heard())
    assert voice.heard() == [one, two, one, three, two]  # the same bytes under the same number
    assert voice.slot.repeated == 2
    voice.slot.echo = False
    voice.speak()
    assert len(voice.heard()) == 6


def test_what_never_came_is_not_sent_twice_either() -> None:
    voice = Voice()
    voice.slot.echo = True
    voice.speak()
    voice.speak(skip=2)
    assert len(voice.heard()) == 2


@given(
    st.lists(st.one_of(st.sampled_from(["listen a", "listen c", "listen nobody"]), st.sampled_from("ac")), max_size=40)
)
def test_nothing_goes_twice_across_a_switch(story: list[str]) -> None:
    voice = Voice()
    voice.slot.echo = True
    heard, hears = 0, "a"
    for act in story:
        if act.startswith("listen"):
            hears = act[-1] if act != "listen nobody" else ""
            voice.listen(*hears)
        else:
            voice.speak(act)
        fresh, heard = voice.heard()[heard:], len(voice.heard())
        if act.startswith("listen") or act != hears:
            assert fresh == []  # nothing is sent by a switch itself, nor after it of who was heard before
        for _, body in fresh:
            assert body[:1] == hears.encode()
        assert len(fresh) <= 2


def test_the_end_of_a_frame_goes_twice_and_once_more_only_if_it_is_asked_for_later() -> None:
    hall = Hall()
    hall.connect("room", "a"), hall.connect("room", "b")
    hall.core.apply(hall.table(1, [("b", 0, "a", True, True)]), hall.now)

    def frame(number: int, key: bool) -> list[bytes]:
        before = len(hall.boxes["b"].rtp)
        for part, marker in ((0, False), (1, True)):
            body = vp8(number, number, b"part%d" % part, key=key and part == 0, first=part == 0)
            data = rtp(7, 2 * number + part, 3000 * number, body, pt=VIDEO_PT, mid="1", marker=marker)
            hall.now += 0.001
            hall.send("a", data)
        return hall.boxes["b"].rtp[before:]

    assert len(frame(1, True)) == 2
    slot = hall.links["b"].slots[0][1]
    assert slot is not None
    number = int.from_bytes(hall.boxes["b"].rtp[-1][2:4], "big")
    hall.now += 0.05
    hall.links["b"].rtcp(rtcp.nack(1, slot.ssrc, [number]), hall.now)
    assert slot.echo, "something was lost on its way"
    one, end, again = frame(2, False)
    assert (one[-5:], end[-5:], again[-5:]) == (b"part0", b"part1", b"part1")
    assert again[1] & 0x7F == RTX_PT
    assert slot.repeated == 2
