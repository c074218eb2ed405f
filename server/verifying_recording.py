"""`heshi verify recording`: files with their papers anywhere, or a session's (a recording's) id in the installation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select

from formats import manifest as manifests
from formats import timelinefile
from formats.errors import Invalid
from formats.manifest import Manifest
from formats.timelinefile import TimelineFile
from recording.errors import NoRecording
from recording.evidence import NoManifest
from recording.tables import recordings, segments
from server.settings import Settings
from server.wiring import open_house
from vault import Transaction
from verify.recording import RecordingReport, check_recording

_LARGEST_PAPER = 256 * 1024 * 1024


class FileUnreadable(Invalid):
    """A file that was named cannot be read."""

    code = "verify.file"
    zh = "文件无法读取，请检查路径。"
    en = "The file cannot be read; check its path."


@dataclass(frozen=True, slots=True)
class Papers:
    """What a recording given as files is checked against; every one may be absent."""

    manifest: Path | None = None
    timeline: Path | None = None
    public_key: str | None = None
    key: Path | None = None


def verify_files(paths: Sequence[Path], papers: Papers) -> int:
    """Check journal files, or all in a folder, which then must be complete; 0 if nothing is wrong. No database.

    Raises `FileUnreadable`, `ManifestBroken`, `ManifestNewer`, `TimelineFileBroken`.
    """
    try:
        files = [file for path in paths for file in (sorted(path.rglob("*.hjr")) if path.is_dir() else [path])]
        manifest = manifests.load(_read(papers.manifest)) if papers.manifest is not None else None
        timeline = timelinefile.load(_read(papers.timeline)) if papers.timeline is not None else None
        report = check_recording(
            files,
            manifest=manifest,
            timeline=timeline,
            public_key=_key(papers.public_key) if papers.public_key is not None else None,
            private_keys={"joint": _key(_read(papers.key).decode("ascii"))} if papers.key is not None else None,
            whole=any(path.is_dir() for path in paths),
        )
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(str(getattr(error, "filename", None) or type(error).__name__)) from error
    return tell(report)


async def verify_recording(settings: Settings, which: str) -> int:
    """Check a session's journals (`ses_…`), or those of the session that a recording (`rec_…`) is of; 0 if all hold.

    Joint journals are opened, too. Raises `NoRecording`.
    """
    async with open_house(settings) as house:
        services = house.services

        async def read(tx: Transaction) -> tuple[str, list[Path], Manifest | None, TimelineFile, dict[str, str]]:
            row = await tx.one(select(recordings.c.session_id).where(recordings.c.id == which))
            session = row["session_id"] if row is not None else which
            found = await tx.all(select(segments).where(segments.c.session_id == session))
            if not found:
                raise NoRecording(which)
            case_id, room_id = found[0]["case_id"], found[0]["room_id"]
            stored = await services.timeline.stored(tx, case_id)
            try:
                manifest = await services.evidence.manifest(tx, case_id, session)
            except NoManifest:
                manifest = None
            await house.archive.bring([row["path"] for row in found])
            known = {path for row in found if (path := services.spools.find(row["path"])) is not None}
            lying = {path for _, path in services.spools.journals(room_id, f"*-{session}")}
            files = [path for path in sorted(known | lying) if path in known or _size(path)]
            room = await services.rooms.load(tx, room_id)
            names = {seat.id: seat.name for seat in room.seats.values()}
            return session, files, manifest, TimelineFile(case_id, "", house.keys.chain_public, stored), names

        session, files, manifest, timeline, names = await services.db.read(read)
        report = await asyncio.to_thread(
            check_recording,
            files,
            manifest=manifest,
            timeline=timeline,
            public_key=house.keys.chain_public,
            private_keys={"joint": house.keys.recording_private},
            whole=manifest is not None,
        )
    print(f"{session}: {'清单第' if manifest else '尚无清单'} {manifest.number if manifest else 'no manifest yet'}")
    return tell(report, names)


def tell(report: RecordingReport, names: Mapping[str, str] | None = None) -> int:
    """Print the verdict in both languages; 0 if nothing is wrong. `names` of people by seat."""
    known = names or {}
    bad = {one.path for one in report.findings}
    for journal in report.journals:
        sound = journal.path not in bad and journal.name not in bad
        whose = _named(journal.seats, known)
        how = "结束完整 closed in order" if journal.complete else "中断后恢复 recovered, without an end"
        opened = "，内容已解密核对 opened" if journal.opened and sound else ""
        mark = "完整 intact" if sound else "有问题 BROKEN"
        print(f"{mark}: {journal.path or journal.name} ({whose}) {journal.records} 段 records, {how}{opened}")
    for finding in report.findings:
        shown = replace(finding, seats=tuple(known.get(seat, seat) for seat in finding.seats))
        print(f"  - {shown.zh} / {shown.en}")
    for path in report.absent:
        print(f"未提交，未核验 on record and not given, so not checked: {path}")
    if not report.anchored:
        print("没有清单和时间线：末尾是否被截去无从得知 without manifest and timeline a cut end cannot show")
    elif not report.key_confirmed:
        print("公钥取自文件本身 the public key is the papers' own: compare it with one known from elsewhere")
    print("有效 VALID" if report.ok else "无效 NOT VALID")
    return 0 if report.ok else 1


def _named(seats: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(names.get(seat, seat) for seat in seats)


def _key(text: str) -> bytes:
    """A raw 32-byte key in hex. Raises FileUnreadable."""
    try:
        key = bytes.fromhex(text.strip())
    except ValueError as error:
        raise FileUnreadable("key") from error
    if len(key) != 32:
        raise FileUnreadable("key")
    return key


def _read(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_PAPER:
        raise FileUnreadable(path.name)
    return path.read_bytes()


def _size(path: Path) -> int:
    return path.stat().st_size
