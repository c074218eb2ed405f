"""Journals of real VP8 and Opus become a file that plays, with everything at its time."""

from __future__ import annotations

import io
import itertools
import random
from pathlib import Path

import av
import pytest

from formats.framing import Batch
from recording.errors import DamagedJournal, NoRecording, SealedSegment
from recording.playback import Playback, render
from recording.scratch import ScratchFile
from tests.integration.recording.packets import FRAME_NS, SECOND, Packet, audio, luma_of, video
from tests.integration.recording.studio import START, Studio
from tests.integration.recording.watching import watch

DELAY = 30_000_000


def arrive(packets: list[Packet], *, jitter_ns: int = 0, seed: int = 1) -> list[Packet]:
    chance = random.Random(seed)
    late = [(at + DELAY + chance.randint(0, jitter_ns), packet) for at, packet in packets]
    return sorted(late, key=lambda item: item[0])


def play(studio: Studio, *journals: Path) -> tuple[Playback, bytes]:
    with ScratchFile(studio.folder) as out:
        playback = render(journals, studio.vault[0], START, out)
        out.seek(0)
        return playback, out.read()


def test_pictures_and_sound_lie_at_their_times_in_one_seekable_file(studio: Studio) -> None:
    pictures = studio.capture(arrive(video(100, at_ns=SECOND)), "video")
    sound = studio.capture(arrive(audio(250, at_ns=SECOND)), "audio")
    playback, data = play(studio, sound, pictures)
    seen = watch(data)
    assert (playback.video_frames, playback.audio_frames, playback.size) == (100, 250, (320, 240))
    assert len(seen.pictures) == 100
    for index, (at, brightness) in enumerate(seen.pictures):
        assert abs(at - (1030 + index * 50)) <= 2
        assert abs(brightness - luma_of(index)) < 2
    assert abs(seen.sounds[0][0] - 1030) <= 10
    assert playback.duration_ms == pytest.approx(6030, abs=10)
    assert seen.duration_ms == pytest.approx(6030, abs=20)
    with av.open(io.BytesIO(data), "r") as container:
        container.seek(3_200_000)
        packet = next(packet for packet in container.demux(video=0))
        assert packet.is_keyframe
        assert packet.pts is not None
        assert float(packet.pts * packet.time_base) == pytest.approx(3.03, abs=0.01)
    assert data.index(b"\x1c\x53\xbb\x6b") < data.index(b"\x1f\x43\xb6\x75"), "cues stand before the first cluster"


def test_jitter_reordering_and_duplicates_change_nothing(studio: Studio) -> None:
    sent = video(60)
    doubled = sent + sent[10:200:7]
    pictures = studio.capture(arrive(doubled, jitter_ns=80_000_000), "video")
    seen = watch(play(studio, pictures)[1])
    assert len(seen.pictures) == 60
    first = seen.pictures[0][0]
    assert all(abs(at - first - index * 50) <= 45 for index, (at, _) in enumerate(seen.pictures))


def test_after_a_loss_pictures_wait_for_the_next_key_frame(studio: Studio) -> None:
    sent = video(100)
    lost = next(number for number, (at, _) in enumerate(sent) if at >= 10 * FRAME_NS)
    pictures = studio.capture(arrive(sent[:lost] + sent[lost + 1 :]), "video")
    seen = watch(play(studio, pictures)[1])
    shown = [round((at - 30) / 50) for at, _ in seen.pictures]
    assert shown == [*range(10), *range(40, 100)]
    assert all(
        abs(brightness - luma_of(index)) < 2 for index, (_, brightness) in zip(shown, seen.pictures, strict=True)
    )


def test_a_flash_and_a_beep_at_the_same_moment_stay_together_under_jitter(studio: Studio) -> None:
    pictures = studio.capture(arrive(video(100), jitter_ns=60_000_000), "video")
    sound = studio.capture(arrive(audio(250, loud=range(100, 200)), jitter_ns=90_000_000, seed=2), "audio")
    seen = watch(play(studio, pictures, sound)[1])
    beep = next(at for at, volume in seen.sounds if volume > 0.05)
    flash = next(at for at, brightness in seen.pictures if at > 1000 and abs(brightness - luma_of(40)) < 2)
    assert abs(beep - flash) <= 100


@pytest.mark.parametrize("counts_on", [True, False])
def test_a_gap_stays_a_gap_whether_or_not_timestamps_ran_on(studio: Studio, counts_on: bool) -> None:
    before = audio(50)
    after = audio(50, at_ns=11 * SECOND, first_sequence=65_530 + 50, first_timestamp=2**32 - 48_000 + 50 * 960
                  + (10 * 48_000 if counts_on else 0))  # fmt: skip
    seen = watch(play(studio, studio.capture(arrive(before + after), "audio"))[1])
    times = [at for at, _ in seen.sounds]
    assert len([at for at in times if at < 1100]) in (50, 51)
    assert not [at for at in times if 1100 < at < 11_000]
    assert abs(min(at for at in times if at > 1100) - 11_030) <= 20


def test_segments_of_a_session_follow_each_other_around_a_caucus(studio: Studio) -> None:
    first = studio.capture(arrive(video(20)), "video")
    studio.now_ns += 30 * SECOND
    second = studio.capture(arrive(video(20, at_ns=30 * SECOND, ssrc=9, size=(640, 480))), "video", segment="seg_3")
    seen = watch(play(studio, second, first)[1])
    times = [at for at, _ in seen.pictures]
    assert len(times) == 40
    assert abs(times[20] - 30_030) <= 20


def test_segments_that_overlap_where_a_room_was_moved_are_played_once(studio: Studio) -> None:
    """The later one counts from its first key frame on; nothing is doubled, and nothing is missing."""
    shown = video(60)
    first = studio.capture(arrive([packet for packet in shown if packet[0] < 45 * FRAME_NS]), "video")
    studio.now_ns += 40 * FRAME_NS
    later = video(30, at_ns=40 * FRAME_NS, ssrc=9)
    second = studio.capture(arrive(later), "video", segment="seg_2")
    times = [at for at, _ in watch(play(studio, second, first)[1]).pictures]
    assert len(times) == 70
    assert max(b - a for a, b in itertools.pairwise(times)) <= 55
    assert min(b - a for a, b in itertools.pairwise(times)) >= 45


def test_a_caucus_journal_is_refused_and_cannot_be_opened_with_the_vaults_key(studio: Studio) -> None:
    joint = studio.capture(arrive(audio(50)), "audio")
    sent = arrive(audio(50))
    caucus = studio.capture(sent, "audio", segment="seg_2", key="caucus")
    with pytest.raises(SealedSegment):
        render([joint, caucus], studio.vault[0], START, io.BytesIO())
    forged = caucus.with_name("forged.hjr")
    forged.write_bytes(caucus.read_bytes().replace(b'"key":"caucus"', b'"key":"joint"'))
    with pytest.raises(DamagedJournal):
        render([forged], studio.vault[0], START, io.BytesIO())
    written = caucus.read_bytes()
    assert not [packet for _, packet in sent if packet[12:] in written]


def test_a_damaged_journal_plays_up_to_the_damage_and_is_named(studio: Studio) -> None:
    recorder = studio.recorder()
    sink = recorder.open("room_1", "end_1", "seg_1", "joint", "video", ("seat_1",), 90_000)
    for at, packet in arrive(video(400)):
        sink.write(Batch.of([(at, packet)]))
    journal = studio.folder / str(sink.close()["path"])
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-200_000] + bytes([whole[-200_000] ^ 1]) + whole[-199_999:])
    playback, _ = play(studio, journal)
    assert playback.damaged == (journal.name,)
    assert 0 < playback.video_frames < 400
    journal.write_bytes(b"no journal\n")
    with pytest.raises(DamagedJournal):
        play(studio, journal)


def test_what_holds_no_frame_is_no_recording(studio: Studio) -> None:
    empty = studio.capture([], "audio")
    noise = studio.capture([(1, b"\x80"), (2, b""), (3, bytes(40))], "video")
    with pytest.raises(NoRecording):
        play(studio, empty, noise)


def test_early_frames_move_the_files_zero_instead_of_being_lost(studio: Studio) -> None:
    sound = studio.capture(arrive(audio(50, at_ns=SECOND)), "audio")
    with ScratchFile(studio.folder) as out:
        playback = render([sound], studio.vault[0], "2026-03-01T01:00:05.000Z", out)
    assert playback.audio_frames == 50
    assert playback.duration_ms == pytest.approx(1000, abs=5)
