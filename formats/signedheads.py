"""Heads of journals as the timeline carries them, and what a journal that contradicts one of them has become.

While recording, entries "recording.heads" hold `{"session", "heads": [{"path", "head", "chunks"}]}`; when a journal is
noted, "recording.segment" holds its own `path`, `head` and `chunks`. The chain signs both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from formats.journal import AFTER_FINAL, DIFFERS, ENDS_EARLY, JournalResult

HEADS = "recording.heads"
SEGMENT = "recording.segment"

Kind: TypeAlias = Literal["cut", "changed", "added"]


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A journal had `chunks` records and this head when entry `seq` was made, `at` (UTC)."""

    chunks: int
    head: bytes
    at: str
    seq: int


@dataclass(frozen=True, slots=True)
class Trail:
    """All heads on record of one journal of a sitting, by rising number of chunks; of two for one number the first."""

    session: str
    heads: tuple[SignedHead, ...]

    def expected(self) -> dict[int, bytes]:
        """In the form that `formats.journal.scan_journal` takes."""
        return {one.chunks: one.head for one in self.heads}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """From record `chunk` on a journal is not what was signed; what precedes it is proven.

    Its end is gone ("cut"), something follows its end ("added"), or it differs ("changed"). `since` and `until` are the
    times of the heads around it: the last that holds ("" if none does), and the one that does not (of a cut tail: the
    last).
    """

    kind: Kind
    chunk: int
    since: str
    until: str


def signed_heads(entries: Iterable[tuple[int, str, str, Mapping[str, object] | None]]) -> dict[str, Trail]:
    """Trails by path, from entries as (sequence number, time, act, payload). What has another shape is passed over."""
    found: dict[str, dict[int, SignedHead]] = {}
    sessions: dict[str, str] = {}
    for seq, at, act, payload in entries:
        if payload is None or act not in (HEADS, SEGMENT):
            continue
        listed = payload.get("heads") if act == HEADS else [payload]
        for one in listed if isinstance(listed, list) else []:
            match one:
                case {"path": str(path), "head": str(head), "chunks": int(chunks)} if _is_head(head):
                    sessions.setdefault(path, str(payload.get("session", "")))
                    found.setdefault(path, {}).setdefault(chunks, SignedHead(chunks, bytes.fromhex(head), at, seq))
    return {
        path: Trail(sessions[path], tuple(heads[number] for number in sorted(heads))) for path, heads in found.items()
    }


def contradiction(result: JournalResult, heads: Sequence[SignedHead]) -> Contradiction | None:
    """What a scan against these heads (rising) found; None where the journal holds every one of them.

    Spoilt bytes after the last of them contradict nobody: so a power failure leaves what had not reached the disk.
    """
    if result.state != "broken":
        return None
    last = heads[-1].at if heads else ""
    cut = result.reason == ENDS_EARLY
    sound = [
        one
        for one in heads
        if one.chunks < result.records or (result.reason != DIFFERS and one.chunks == result.records)
    ]
    if result.broken_at == -1:
        sound = []
    since = sound[-1].at if sound else ""
    if cut:
        return Contradiction("cut", result.records, since, last)
    if result.reason == AFTER_FINAL:
        return Contradiction("added", result.records, since, "")
    if len(sound) == len(heads):
        return None
    # The chain alone proves nothing beyond the last head that holds.
    return Contradiction("changed", sound[-1].chunks if sound else 0, since, heads[len(sound)].at)


def _is_head(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == 32
    except ValueError:
        return False
