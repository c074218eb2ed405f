"""Check a sitting's journals offline: against each other, the manifest and the exported timeline, without any key.

Whoever has the recording's private key may have the chunks opened, too.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from formats.chain import check_chain
from formats.journal import JournalResult
from formats.manifest import ListedJournal, Manifest
from formats.signedheads import SEGMENT, Trail, signed_heads
from formats.timelinefile import TimelineFile
from verify.findings import Finding
from verify.journals import OnRecord, Opened, check_journal, open_file

MANIFEST = "recording.manifest"


@dataclass(frozen=True, slots=True)
class Checked:
    """One journal that was looked at: where it stands on record ("" for nowhere), and how far its chain goes."""

    name: str
    path: str
    seats: tuple[str, ...]
    records: int
    complete: bool
    opened: bool


@dataclass(frozen=True, slots=True)
class RecordingReport:
    """`ok` means that nothing was found. `absent` are journals on record that were not given, where that was no demand;
    `key_confirmed` is false where the only public key at hand was the papers' own, `anchored` where there was neither a
    manifest nor a timeline: then a cut tail cannot show."""

    findings: tuple[Finding, ...]
    journals: tuple[Checked, ...]
    absent: tuple[str, ...]
    key_confirmed: bool
    anchored: bool

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def check_recording(
    files: Sequence[Path],
    *,
    manifest: Manifest | None = None,
    timeline: TimelineFile | None = None,
    public_key: bytes | None = None,
    private_keys: Mapping[str, bytes] | None = None,
    whole: bool = False,
) -> RecordingReport:
    """Check these journal files; `whole` demands every journal on record of their sittings.

    `public_key` is the installation's raw Ed25519 key as known from elsewhere; `private_keys` open chunks, by kind
    ("joint", "caucus"). Never raises for content; raises OSError for a file that cannot be read.
    """
    record = _Record(manifest, timeline)
    findings = _papers(manifest, timeline, public_key)
    opened = [open_file(file, name) for file, name in zip(files, _names(files), strict=True)]
    placed = record.place(opened)
    journals = []
    for one, path in placed:
        finding, checked = _check(one, path, record, private_keys or {}, opened)
        findings += [finding] if finding is not None else []
        journals.append(checked)
    sessions = {record.session_of(path) for _, path in placed if path} | ({manifest.session} if manifest else set())
    there = {path for _, path in placed}
    absent = [path for path in record.of(sessions) if path not in there]
    if whole:
        findings += [record.finding(path) for path in absent]
        absent = []
    return RecordingReport(
        tuple(findings),
        tuple(journals),
        tuple(absent),
        public_key is not None,
        manifest is not None or timeline is not None,
    )


class _Record:
    """All that manifest and timeline say of journals."""

    def __init__(self, manifest: Manifest | None, timeline: TimelineFile | None) -> None:
        self.manifest = manifest
        self.listed: dict[str, ListedJournal] = {one.path: one for one in manifest.journals} if manifest else {}
        told = _told(timeline)
        self.trails: dict[str, Trail] = signed_heads(told)
        self._complete = {
            str(payload.get("path")): payload.get("complete") is True
            for _, _, act, payload in told
            if act == SEGMENT and payload is not None
        }
        sessions = {trail.session for trail in self.trails.values()}
        self.sessions = {manifest.session} if manifest is not None else sessions
        self.any = manifest is not None or timeline is not None

    def of(self, sessions: Collection[str]) -> list[str]:
        """Paths of these sessions' journals."""
        trails = [path for path, trail in self.trails.items() if trail.session in sessions]
        return sorted({*self.listed, *trails})

    def session_of(self, path: str) -> str:
        if path in self.listed and self.manifest is not None:
            return self.manifest.session
        return self.trails[path].session if path in self.trails else ""

    def known(self, path: str) -> OnRecord:
        listed = self.listed.get(path)
        complete = self._complete.get(path)
        if listed is not None and listed.state in ("complete", "recovered"):
            complete = listed.state == "complete"
        return OnRecord(listed, self.trails.get(path), complete)

    def finding(self, path: str) -> Finding:
        """That a journal is missing."""
        listed, trail = self.listed.get(path), self.trails.get(path)
        endpoint, _, rest = path.rpartition("/")[2].partition(".")
        seats = listed.seats if listed else ()
        until = trail.heads[-1].at if trail else ""
        since = (listed.first or "") if listed else ""
        return Finding("missing", path, endpoint, rest.partition(".")[0], seats, None, since, until)

    def place(self, opened: Sequence[Opened]) -> list[tuple[Opened, str]]:
        """Which journal on record each file is ("" for none): by its header, and among those of one name by key, chain
        or file name."""
        taken: set[str] = set()
        placed = []
        for one in opened:
            base = re.escape(one.recording)
            names = rf"{base}(\.\d+)?\.hjr" if one.problem is None else re.escape(one.name)
            fits = [path for path in self.of(self.sessions) if path not in taken and re.fullmatch(names, path)]
            path = max(fits, key=functools.partial(self._likeness, one), default="")
            taken.add(path)
            placed.append((one, path))
        return placed

    def _likeness(self, one: Opened, path: str) -> tuple[bool, bool]:
        listed = self.listed.get(path)
        return listed is not None and listed.origin == one.origin, one.name.endswith(path.rpartition("/")[2])


def _check(
    one: Opened, path: str, record: _Record, private_keys: Mapping[str, bytes], opened: Sequence[Opened]
) -> tuple[Finding | None, Checked]:
    if one.problem is not None:
        return Finding(one.problem, path or one.name), Checked(one.name, path, one.seats, 0, False, False)
    private_key = private_keys.get(one.key)
    others = {other.name: other.file for other in opened if other is not one and other.problem is None}
    finding, result = check_journal(one, path or one.name, record.known(path), private_key, others)
    if not path and record.any:
        # A segment's name ends with its sitting's.
        ours = one.segment.partition("-")[2] in record.sessions
        finding = Finding("added" if ours else "foreign", one.name, one.endpoint, one.medium, one.seats)
    return finding, _checked(one, path, result, private_key is not None)


def _checked(one: Opened, path: str, result: JournalResult, opened: bool) -> Checked:
    return Checked(one.name, path, one.seats, result.records, result.state == "complete", opened)


def _papers(manifest: Manifest | None, timeline: TimelineFile | None, public_key: bytes | None) -> list[Finding]:
    """Manifest and timeline by themselves, and against each other."""
    findings: list[Finding] = []
    key = public_key or (timeline.public_key if timeline is not None else None)
    if timeline is not None:
        verdict = check_chain(timeline.entries, public_key=key, case_id=timeline.case_id)
        if not verdict.ok:
            findings.append(Finding("timeline", "", detail=verdict.detail))
    if manifest is None:
        return findings
    if not manifest.holds(manifest.public_key):
        findings.append(Finding("manifest_signature", ""))
    elif key is not None and manifest.public_key != key:
        findings.append(Finding("manifest_key", ""))
    if timeline is None:
        return findings
    named = {
        payload.get("number"): payload.get("sha256")
        for _, _, act, payload in _told(timeline)
        if act == MANIFEST and payload is not None and payload.get("session") == manifest.session
    }
    if manifest.case != timeline.case_id or named.get(manifest.number) != manifest.sha256:
        findings.append(Finding("manifest_foreign", ""))
    elif any(isinstance(number, int) and number > manifest.number for number in named):
        findings.append(Finding("manifest_older", ""))
    return findings


def _told(timeline: TimelineFile | None) -> list[tuple[int, str, str, dict[str, object] | None]]:
    found: list[tuple[int, str, str, dict[str, object] | None]] = []
    for stored in timeline.entries if timeline is not None else ():
        try:
            payload = json.loads(stored.payload) if stored.payload is not None else None
        except (ValueError, RecursionError):
            payload = None  # the chain's own check says what is wrong with it
        entry = stored.entry
        found.append((entry.seq, entry.at, entry.act, payload if isinstance(payload, dict) else None))
    return found


def _names(files: Sequence[Path]) -> list[str]:
    """The last three parts of each path, which is what a journal is called in the spool."""
    return ["/".join(file.parts[-3:]) for file in files]
