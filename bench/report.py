"""How a measurement without a peer is told: a printed table, and the same rows in bench/out/NAME.json."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

Row = dict[str, object]


def row(metric: str, unit: str, value: float, runs: int, digits: int = 1) -> Row:
    """One figure over `runs` runs; nobody to compare with."""
    return {"metric": metric, "unit": unit, "heshi": round(value, digits), "peers": {}, "ratio": None, "runs": runs}


def report(name: str, rows: Sequence[Row]) -> None:
    """Write and print the rows of one measurement."""
    out = Path(__file__).parent / "out" / f"{name}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    for each in rows:
        sys.stdout.write(f"{each['metric']:<42} {each['heshi']:>9} {each['unit']:<12} n={each['runs']}\n")
