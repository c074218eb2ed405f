"""Whose cases and officers a signed-in person may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cases.model import Officer, Organ, Role


def subtree(organs: Iterable[Organ], root: str) -> frozenset[str]:
    """`root` and every organ below it. A broken tree (a cycle) ends the walk instead of looping."""
    children: dict[str, list[str]] = {}
    known = set()
    for organ in organs:
        known.add(organ.id)
        if organ.parent_id is not None:
            children.setdefault(organ.parent_id, []).append(organ.id)
    found: set[str] = set()
    waiting = [root] if root in known else []
    while waiting:
        organ_id = waiting.pop()
        if organ_id not in found:
            found.add(organ_id)
            waiting.extend(children.get(organ_id, ()))
    return frozenset(found)


@dataclass(frozen=True)
class Scope:
    """The organs whose cases (`organ_ids`) or officers (`manages`) the holder may touch.

    An officer works in one organ, a supervisor in it and everything below; an administrator sees no case at all and
    manages the accounts of the same subtree.
    """

    officer_id: str
    role: Role
    organ_ids: frozenset[str]
    manages: frozenset[str]

    @classmethod
    def of(cls, officer: Officer, organs: Iterable[Organ]) -> Scope:
        """The scope of an officer within the whole tree; a disabled officer's is empty."""
        nothing: frozenset[str] = frozenset()
        if officer.disabled:
            return cls(officer.id, officer.role, nothing, nothing)
        below = subtree(organs, officer.organ_id)
        if officer.role == "administrator":
            return cls(officer.id, officer.role, nothing, below)
        if officer.role == "supervisor":
            return cls(officer.id, officer.role, below, nothing)
        return cls(officer.id, officer.role, below & {officer.organ_id}, nothing)
