"""A case's timeline as a file: what the service exports and anyone can check without it.

Canonical JSON: format, case id and number, the public key its heads are signed with, and the entries with the salts and
contents that still exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from formats.canonical import JSON, NotCanonical, canonical, parse
from formats.chain import Entry, Stored
from formats.errors import Invalid

_FORMAT = "heshi timeline 1"


class TimelineFileBroken(Invalid):
    """The file is not an exported timeline."""

    code = "timeline.bad_file"
    zh = "该文件不是有效的案卷时间线。"
    en = "This file is not an exported timeline."


@dataclass(frozen=True, slots=True)
class TimelineFile:
    """An exported timeline; `public_key` is what the file claims, to be compared with one known from elsewhere."""

    case_id: str
    number: str
    public_key: bytes
    entries: Sequence[Stored]


def dump(file: TimelineFile) -> bytes:
    """The bytes of an exported timeline."""
    return canonical(
        {
            "format": _FORMAT,
            "case_id": file.case_id,
            "number": file.number,
            "public_key": file.public_key.hex(),
            "entries": [_entry_out(stored) for stored in file.entries],
        }
    )


def load(data: bytes) -> TimelineFile:
    """Reads `dump`; checks the form only, not the chain. Raises TimelineFileBroken."""
    try:
        match parse(data):
            case {
                "format": "heshi timeline 1",
                "case_id": str(case_id),
                "number": str(number),
                "public_key": str(public_key),
                "entries": list(entries),
            }:
                found = [_entry_in(case_id, entry) for entry in entries]
                return TimelineFile(case_id, number, bytes.fromhex(public_key), found)
    except (NotCanonical, ValueError) as error:
        raise TimelineFileBroken(str(error)) from error
    raise TimelineFileBroken("fields")


def _entry_out(stored: Stored) -> dict[str, JSON]:
    entry = stored.entry
    return {
        "seq": entry.seq,
        "at": entry.at,
        "mono_ns": entry.mono_ns,
        "boot": entry.boot,
        "actor": entry.actor,
        "act": entry.act,
        "article": entry.article,
        "commitment": entry.commitment.hex(),
        "previous": entry.previous.hex(),
        "hash": stored.hash.hex(),
        "signature": _hex(stored.signature),
        "salt": _hex(stored.salt),
        # Text, not a nested value: the commitment is over exactly these bytes.
        "payload": None if stored.payload is None else stored.payload.decode(),
        "erased": stored.erased,
    }


def _entry_in(case_id: str, value: JSON) -> Stored:
    match value:
        case {
            "seq": int(seq),
            "at": str(at),
            "mono_ns": int(mono_ns),
            "boot": str(boot),
            "actor": str(actor),
            "act": str(act),
            "article": str() | None as article,
            "commitment": str(commitment),
            "previous": str(previous),
            "hash": str(digest),
            "signature": str() | None as signature,
            "salt": str() | None as salt,
            "payload": str() | None as payload,
            "erased": bool(erased),
        }:
            fields = (case_id, seq, at, mono_ns, boot, actor, act, article)
            entry = Entry(*fields, bytes.fromhex(commitment), bytes.fromhex(previous))
            body = None if payload is None else payload.encode()
            return Stored(entry, bytes.fromhex(digest), _bytes(signature), _bytes(salt), body, erased)
    raise TimelineFileBroken("entry")


def _hex(data: bytes | None) -> str | None:
    return None if data is None else data.hex()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)
