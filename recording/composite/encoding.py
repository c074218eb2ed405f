"""H.264 and AAC of one piece of the film, such that pieces made apart join without a seam.

Every piece has an encoder of its own and begins with a key frame. Sound is coded from a little before the piece to a
little after it, because neighbouring AAC frames overlap (ISO 14496-3); what belongs to the neighbours is dropped.
"""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.codec.context import Flags

from recording.composite.layout import HEIGHT, WIDTH
from recording.composite.parts import Coded, Part
from recording.composite.sound import RATE, Samples

FPS = 25
AAC_FRAME = 1024
LEAD = 2 * AAC_FRAME
"""Samples that the sound encoder is to be given before a piece (not before the first) …"""
TRAIL = AAC_FRAME
"""… and after it."""
PICTURE_OPTIONS = {
    "preset": "veryfast",
    "profile": "main",
    "crf": "25",
    "maxrate": "2500k",
    "bufsize": "5000k",
    "g": str(2 * FPS),
    # A fixed number, because what x264 makes depends on it: a piece made again is the same piece.
    "threads": "3",
}
_SOUND_BITS = 64_000


class PartEncoder:
    """Takes the pictures and samples of the piece that begins with picture `tick` and ends before picture `end`."""

    def __init__(self, tick: int, end: int) -> None:
        self._range = (tick * RATE // FPS, end * RATE // FPS)
        self._packets: list[Coded] = []
        self._video = _picture_encoder()
        self._audio = _sound_encoder()
        self._position = self._range[0] - (LEAD if tick else 0)

    def picture(self, frame: av.VideoFrame, tick: int) -> None:
        """The picture of that tick; it may be written over afterwards."""
        frame.pts = tick
        frame.time_base = Fraction(1, FPS)
        self._take_pictures(frame)

    def sound(self, samples: Samples) -> None:
        """The next samples, the first of which lies `LEAD` before the piece (or at 0)."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, :]), "fltp", "mono")
        frame.sample_rate = RATE
        frame.pts = self._position
        frame.time_base = Fraction(1, RATE)
        self._position += len(samples)
        self._take_sound(frame)

    def finish(self) -> Part:
        """The piece; its packets in order of time."""
        self._take_pictures(None)
        self._take_sound(None)
        ordered = sorted(self._packets, key=_when)
        return Part(bytes(self._video.extradata or b""), bytes(self._audio.extradata or b""), ordered)

    def _take_pictures(self, frame: av.VideoFrame | None) -> None:
        for packet in self._video.encode(frame):
            assert packet.pts is not None
            assert packet.dts is not None
            self._packets.append(Coded("video", packet.is_keyframe, packet.pts, packet.dts, bytes(packet)))

    def _take_sound(self, frame: av.AudioFrame | None) -> None:
        start, end = self._range
        for packet in self._audio.encode(frame):
            assert packet.pts is not None
            # The very first packet of a film lies before its start: a decoder needs it, a player does not show it.
            if (packet.pts >= start or start == 0) and packet.pts < end:
                self._packets.append(Coded("audio", True, packet.pts, packet.pts, bytes(packet)))


def _when(packet: Coded) -> float:
    return packet.dts / (FPS if packet.kind == "video" else RATE)


def _picture_encoder() -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    set_pictures(encoder)
    encoder.open()
    return encoder


def _sound_encoder() -> av.AudioCodecContext:
    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    set_sound(encoder)
    encoder.open()
    return encoder


def set_pictures(encoder: av.VideoCodecContext) -> None:
    """How all pictures are coded; an encoder set up like this has the header that all pieces have."""
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.options = PICTURE_OPTIONS
    encoder.flags |= Flags.global_header


def set_sound(encoder: av.AudioCodecContext) -> None:
    """The same for sound."""
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "fltp"
    encoder.time_base = Fraction(1, RATE)
    encoder.bit_rate = _SOUND_BITS
    encoder.options = {"aac_coder": "fast"}
    encoder.flags |= Flags.global_header
