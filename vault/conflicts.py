"""Which database errors mean "somebody else was faster; look again" rather than "this is wrong"."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

from vault.errors import StaleRevision

# Rows that two transactions may rightly both try to insert first: the second, run again, finds the first one's.
_FIRST_COME = re.compile(r"\b(?:pk_)?(?:timeline_entries|timeline_payloads|data_keys|replies)\b")
_UNIQUE = "23505"
_SERIALIZATION = frozenset({"40001", "40P01"})


def lost_a_race(error: Exception) -> bool:
    """Whether running the transaction again from its start can help."""
    if isinstance(error, StaleRevision):
        return True
    if not isinstance(error, DBAPIError):
        return False
    text = str(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in _SERIALIZATION or (state == _UNIQUE and _FIRST_COME.search(text) is not None)
    if text.startswith("UNIQUE constraint failed"):
        return _FIRST_COME.search(text) is not None
    return "database is locked" in text or "database is busy" in text
