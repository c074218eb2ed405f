"""`make bench-relay`, or a part of it: `python -m bench.relay --only heshi --room 4 --rate real --seconds 10`.

All SFUs are measured in turns within each round, each time as a fresh process on a core of its own, and the load comes
from one other core. Writes bench/out/relay.json (rows) and bench/out/relay-runs.json (every run; `--add` goes on from
it); a part alone writes nothing. QUICK=1 makes one short round with rooms of four.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

from bench.relay import store
from bench.relay.conditions import GENERATOR_CORE, SFU_CORE, TRANSCODES, Condition, Figures
from bench.relay.process import ahead, pin
from bench.relay.rows import rows
from bench.relay.run import PATIENCE_S, SFUS, NotAlive, measure
from bench.relay.srtp_cost import Costs, bundled, debian
from bench.relay.table import line, table

QUICK = bool(os.environ.get("QUICK"))
ROUNDS = 1 if QUICK else 3
SECONDS = 5.0 if QUICK else 8.0
MANY = 8
"""Rooms of four for the capacity of a core: about 17,000 packets a second."""

Turn = tuple[str, Condition]


def plan() -> list[Turn]:
    """One round of everything."""
    conditions = [Condition(4), Condition(4, 4), Condition(12), Condition(12, 4), Condition(4, 1, MANY)]
    if QUICK:
        conditions = [Condition(4), Condition(4, 4), Condition(4, 1, MANY)]
    turns = [(sfu, condition) for condition in conditions for sfu in ("heshi", "janus")]
    turns.insert(2, ("media_relay", Condition(4)))
    # Right after its twin without recording.
    return [*turns[:-1], ("heshi", Condition(4, 1, MANY, record=True)), turns[-1]]


def main() -> None:
    """Measure and report."""
    arguments = _parser().parse_args()
    logging.getLogger("heshi").setLevel(logging.ERROR)  # that a worker is gone is no news here
    part = bool(arguments.only or arguments.room)
    pin(GENERATOR_CORE)
    turns = _chosen(arguments) if part else plan()
    keep = arguments.add or not part
    runs = store.load() if arguments.add else []
    for number in range(arguments.runs):
        for sfu, condition in turns:
            try:
                with ahead():
                    runs.append(_one(sfu, condition, arguments, seed=number + 1))
            except (NotAlive, RuntimeError, TimeoutError) as error:
                sys.stdout.write(f"{sfu:<12}{condition.name:<24} not measured: {error}\n")
        if keep:
            store.save(runs)
    costs = _costs({run.sfu for run in runs})
    found = rows(runs, costs)
    if keep:
        store.write(found)
    sys.stdout.write(table(found, costs))


def _one(sfu: str, condition: Condition, arguments: argparse.Namespace, seed: int) -> Figures:
    profile = arguments.profile if sfu == "heshi" else None
    patience = 0.0 if sfu == TRANSCODES else PATIENCE_S
    run = asyncio.run(
        measure(sfu, condition, arguments.seconds, seed, core=SFU_CORE, patience=patience, profile=profile)
    )
    sys.stdout.write(line(run))
    sys.stdout.flush()
    return run


def _costs(sfus: set[str]) -> dict[str, Costs]:
    ours = bundled()
    return {sfu: debian() if sfu == "janus" else ours for sfu in sorted(sfus)}


def _chosen(arguments: argparse.Namespace) -> list[Turn]:
    speed = 1 if arguments.rate == "real" else int(arguments.rate.lstrip("x"))
    condition = Condition(arguments.room or 4, speed, arguments.rooms, arguments.record)
    return [(sfu, condition) for sfu in (arguments.only or "heshi,janus").split(",")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.relay", description=__doc__)
    parser.add_argument("--only", metavar="SFU[,SFU]", help=f"of {', '.join(SFUS)}")
    parser.add_argument("--room", type=int, help="people in a room")
    parser.add_argument("--rooms", type=int, default=1, help="rooms of that size")
    parser.add_argument("--rate", default="real", help="real, x2, x4, …")
    parser.add_argument("--record", action="store_true", help="record everybody (heshi)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of a run")
    parser.add_argument("--runs", type=int, default=ROUNDS, help="rounds")
    parser.add_argument("--add", action="store_true", help="keep the runs of before and add to them")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="run the worker under cProfile into FILE")
    return parser


if __name__ == "__main__":
    main()
