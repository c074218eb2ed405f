"""The notice of rights and duties that everyone reads before consenting: data, with a version."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from signaling.messages.entry import Notice


@cache
def current_notice() -> Notice:
    """The notice in force. Its words are this project's own (`official_blank: false` in the data)."""
    data = json.loads((Path(__file__).parent / "data" / "notice.json").read_text(encoding="utf-8"))
    return Notice(version=data["version"], title=data["title"], paragraphs=data["paragraphs"])
