"""Tables of the films made of whole sittings."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from vault.tables import metadata

_ID = String(64)

# One per sitting. `wanted` counts how often its making was ordered (once more for each journal found later), `made` the
# order that the present file answers.
composites = Table(
    "composites",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("session_id", _ID, nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("started_at", String(24), nullable=False),
    Column("blob_id", _ID),
    Column("duration_ms", BigInteger),
    Column("permille", Integer, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("made", Integer, nullable=False),
    Index(None, "case_id"),
    CheckConstraint("status IN ('processing', 'ready', 'partial', 'empty', 'failed')", name="status"),
)

# Finished pieces of an unfinished film. `plan` tells of what they are pieces: the same journals, the same words.
composite_parts = Table(
    "composite_parts",
    metadata,
    Column("composite_id", _ID, ForeignKey("composites.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("plan", String(64), nullable=False),
    Column("blob_id", _ID, nullable=False),
    Column("undecodable", Integer, nullable=False),
)
