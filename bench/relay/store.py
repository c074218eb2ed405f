"""Runs and rows on disk."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from bench.relay.conditions import Condition, Figures
from bench.relay.rows import Row

OUT = Path(__file__).absolute().parent.parent / "out"
ROWS, RUNS = OUT / "relay.json", OUT / "relay-runs.json"


def save(runs: list[Figures]) -> None:
    """Keep every run."""
    OUT.mkdir(parents=True, exist_ok=True)
    RUNS.write_text(json.dumps([asdict(run) for run in runs]), encoding="utf-8")


def load() -> list[Figures]:
    """The runs that were kept, oldest first."""
    if not RUNS.exists():
        return []
    kept = json.loads(RUNS.read_text(encoding="utf-8"))
    return [Figures(**{**run, "condition": Condition(**run["condition"])}) for run in kept]


def write(rows: list[Row]) -> None:
    """The result."""
    OUT.mkdir(parents=True, exist_ok=True)
    ROWS.write_text(json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8")
