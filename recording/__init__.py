"""Capture of raw media into encrypted, chained journals, and the playable files made from them."""

from recording.errors import NotReady, RecorderFailed, SealedSegment
from recording.playback import Playback, render
from recording.salvage import salvage, salvage_room
from recording.sink import Recorder

__all__ = ["NotReady", "Playback", "Recorder", "RecorderFailed", "SealedSegment", "render", "salvage", "salvage_room"]
