"""Waiting for an outcome, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Page

T = TypeVar("T")
POLL_MS = 50


def until(page: Page, what: str, probe: Callable[[], T | None], deadline_s: float = 30) -> T:
    """Ask `probe` until it answers with something true; fails naming `what` after the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < end, f"not within {deadline_s} s: {what}"
        page.evaluate(f"() => new Promise(done => setTimeout(done, {POLL_MS}))")
