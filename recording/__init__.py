"""Capture of raw media into encrypted, chained journals, and the playable files made from them."""

from recording.archiving import Archive
from recording.composing import Composites
from recording.errors import RecorderFailed, SealedSegment
from recording.evidence import Evidence
from recording.keeping import Keeping
from recording.model import RecordingFile, RecordingRow
from recording.playback import Playback, render
from recording.salvage import salvage, salvage_room
from recording.sealed import Opening, Unsealings
from recording.service import JOB_KIND, Recordings
from recording.sink import Recorder
from recording.spools import Spools

__all__ = [
    "JOB_KIND",
    "Archive",
    "Composites",
    "Evidence",
    "Keeping",
    "Opening",
    "Playback",
    "Recorder",
    "RecorderFailed",
    "RecordingFile",
    "RecordingRow",
    "Recordings",
    "SealedSegment",
    "Spools",
    "Unsealings",
    "render",
    "salvage",
    "salvage_room",
]
