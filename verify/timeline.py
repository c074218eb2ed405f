"""Check an exported timeline offline: no database, no service, nothing of ours but `formats`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from formats.chain import Verdict, check_chain
from formats.receipt import Receipt, key_id
from formats.timelinefile import load


@dataclass(frozen=True, slots=True)
class TimelineReport:
    """The verdict on a file.

    `key_confirmed` is false when the only key at hand was the file's own: whoever made the file may have signed it.
    `receipts` counts those that were compared; without any, a cut tail cannot show.
    """

    case_id: str
    number: str
    verdict: Verdict
    key_id: str
    key_confirmed: bool
    receipts: int


def check_timeline(data: bytes, receipts: Sequence[str] = (), public_key: bytes | None = None) -> TimelineReport:
    """Walk the chain in `data` with its signatures and contents, against receipts (their text form).

    `public_key` is the installation's raw Ed25519 key as known from elsewhere. Raises TimelineFileBroken and
    ReceiptBroken.
    """
    file = load(data)
    key = file.public_key if public_key is None else public_key
    papers = [Receipt.from_text(text) for text in receipts]
    verdict = check_chain(file.entries, receipts=papers, public_key=key, payloads=True, case_id=file.case_id)
    return TimelineReport(file.case_id, file.number, verdict, key_id(key), public_key is not None, len(papers))
