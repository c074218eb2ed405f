"""The agreed text as one canonical value, its hash, and the short code that is read out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from formats.canonical import canonical

from .model import Draft, Signer
from .template import Template


def agreed_text(case_id: str, draft: Draft, required: tuple[Signer, ...], template: Template) -> dict[str, Any]:
    """Everything the signers agree to: the draft in full, who must sign, and the form it is printed by."""
    return {
        "case": case_id,
        "template": {"id": template.id, "version": template.version, "sha256": template.digest},
        "draft": _plain(asdict(draft)),
        "required": _plain([asdict(signer) for signer in required]),
    }


def text_hash(text: dict[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON."""
    return sha256(canonical(text)).hexdigest()


def short_code(digest: str) -> str:
    """Six groups of four figures from a SHA-256 in hex (about 79 bits): short enough to be read out and compared."""
    number = int(digest, 16) % 10**24
    figures = f"{number:024d}"
    return " ".join(figures[start : start + 4] for start in range(0, 24, 4))


def _plain(value: Any) -> Any:
    """Tuples become lists, as in JSON."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
