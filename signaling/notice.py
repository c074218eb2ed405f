"""The notice of rights and duties that everyone reads before consenting: data, with a version."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from formats.canonical import canonical
from signaling.messages.entry import Notice


@cache
def current_notice() -> Notice:
    """The notice in force. Its words are this project's own (`official_blank: false` in the data)."""
    data = json.loads((Path(__file__).parent / "data" / "notice.json").read_text(encoding="utf-8"))
    return Notice(version=data["version"], title=data["title"], paragraphs=data["paragraphs"])


@cache
def notice_mark() -> str:
    """Version and SHA-256 of the notice in force, for the record of a consent."""
    notice = current_notice()
    return f"{notice.version} {sha256(canonical(notice.model_dump())).hexdigest()}"
