"""Tables of requests for unsealing, of keys wrapped anew beside the journals, and of the films made for viewing."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
)

from vault.tables import metadata

_ID = String(64)
_TIME = String(24)

# `words` (reason and word) lie under the case's key, `viewing` (the private half that opens what was unsealed for this
# request) under a key of the request's own, which is destroyed when its time is over.
unsealings = Table(
    "unsealings",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("session_id", _ID, nullable=False),
    Column("journals", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("requested_by", _ID, nullable=False),
    Column("requested_at", _TIME, nullable=False),
    Column("decided_by", _ID),
    Column("decided_at", _TIME),
    Column("unsealed_at", _TIME),
    Column("expires_at", _TIME),
    Column("viewing", LargeBinary),
    Column("viewing_public", LargeBinary),
    Index(None, "case_id"),
    Index(None, "state"),
    CheckConstraint("state IN ('requested', 'approved', 'refused', 'unsealed', 'expired')", name="state"),
)

# A journal's data key in another box than the one in its header. `header` is the hex SHA-256 of the header line, `path`
# where the journal lies below the spool, `holder` who can open the box: an unsealing's id.
journal_keys = Table(
    "journal_keys",
    metadata,
    Column("header", String(64), primary_key=True),
    Column("holder", _ID, primary_key=True),
    Column("path", Text, nullable=False),
    Column("box", LargeBinary, nullable=False),
    Index(None, "path"),
)

unsealed_films = Table(
    "unsealed_films",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("unsealing_id", _ID, ForeignKey("unsealings.id"), nullable=False),
    Column("line", _ID, nullable=False),
    Column("segment", _ID, nullable=False),
    Column("endpoint", _ID, nullable=False),
    Column("screen", Boolean(create_constraint=False), nullable=False),
    Column("seats", Text, nullable=False),
    Column("started_at", _TIME, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("blob_id", _ID),
    Column("duration_ms", BigInteger),
    Index(None, "unsealing_id"),
    CheckConstraint("status IN ('processing', 'ready', 'failed', 'gone')", name="status"),
)
