"""Coded frames into a seekable WebM file, cues and duration in front, nothing decoded."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import av

from recording.opus import AudioFrame
from recording.vp8 import VideoFrame

_MS = Fraction(1, 1000)
# An upper bound for one cue point of two tracks, and how often the muxer makes one without a key frame.
_CUE_BYTES = 48
_CLUSTER_S = 5


@dataclass(frozen=True, slots=True)
class Survey:
    """What has to be known before the first byte of a file; times in nanoseconds since 1970."""

    first_ns: int
    end_ns: int
    audio_frames: int
    video_frames: int
    key_frames: int
    size: tuple[int, int] | None
    """Width and height of the first key frame, None without video."""


def survey(frames: Iterable[AudioFrame | VideoFrame]) -> Survey | None:
    """Read through all frames once; None where there is none."""
    first = end = audio = video = keys = 0
    size: tuple[int, int] | None = None
    for frame in frames:
        if not audio and not video:
            first = frame.at_ns
        if isinstance(frame, AudioFrame):
            audio += 1
            end = max(end, frame.at_ns + frame.duration_us * 1000)
        else:
            video += 1
            keys += frame.key
            size = size or frame.size
            end = max(end, frame.at_ns)
        first = min(first, frame.at_ns)
    return Survey(first, end, audio, video, keys, size) if audio or video else None


def write_webm(
    out: io.IOBase, frames: Iterable[AudioFrame | VideoFrame], found: Survey, start_ns: int, title: str = ""
) -> int:
    """Mux frames (in order of time) into `out`, which must be seekable; returns the duration in milliseconds.

    Time 0 of the file is `start_ns`, or the first frame where that is earlier. A frame that would step back in its
    track is moved to just after the one before it.
    """
    start_ns = min(start_ns, found.first_ns)
    cues = found.key_frames + (found.end_ns - start_ns) // 1_000_000_000 // _CLUSTER_S + 16
    with av.open(out, "w", format="webm", options={"reserve_index_space": str(cues * _CUE_BYTES)}) as container:
        if title:
            container.metadata["title"] = title
        audio = video = None
        if found.video_frames:
            assert found.size is not None
            video = container.add_mux_stream("vp8", width=found.size[0], height=found.size[1])
        if found.audio_frames:
            # Not a bare mux stream, since only an (unused) encoder's context brings the OpusHead a file needs.
            audio = container.add_stream("libopus", rate=48_000, layout="stereo")
        last = {"audio": -1, "video": -1}
        end = 0
        for frame in frames:
            packet = av.Packet(frame.data)
            stream = audio if isinstance(frame, AudioFrame) else video
            assert stream is not None
            packet.stream = stream
            if isinstance(frame, AudioFrame):
                kind, packet.is_keyframe, packet.duration = "audio", True, frame.duration_us // 1000
            else:
                kind, packet.is_keyframe = "video", frame.key
            last[kind] = max((frame.at_ns - start_ns) // 1_000_000, last[kind] + 1)
            packet.time_base = _MS
            packet.pts = packet.dts = last[kind]
            end = max(end, last[kind] + (packet.duration or 0))
            container.mux(packet)
    return end
