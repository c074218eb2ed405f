"""Tables of what was captured and what was made of it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from recording import filmtables  # noqa: F401 - one import brings all tables of this package
from vault.tables import metadata

_ID = String(64)
_TIME = String(24)

# One per endpoint and session with joint material, and one more for the screen that it shared, whose `endpoint` ends in
# ".screen" like the names of its journals. `noted` counts the segments noted so far, `made` how many of them
# the playable file covers: a job that finished while another segment came in does not pass for the last word.
recordings = Table(
    "recordings",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("room_id", _ID, nullable=False),
    Column("session_id", _ID, nullable=False),
    Column("endpoint", _ID, nullable=False),
    Column("seats", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("started_at", _TIME),
    Column("blob_id", _ID),
    Column("duration_ms", BigInteger),
    Column("noted", Integer, nullable=False),
    Column("made", Integer, nullable=False),
    Column("created_at", _TIME, nullable=False),
    UniqueConstraint("session_id", "endpoint"),
    Index(None, "case_id"),
    CheckConstraint(
        "status IN ('capturing', 'processing', 'ready', 'partial', 'empty', 'failed')",
        name="status",
    ),
)

# The manifest: one row per journal. Sealed (caucus) ones belong to no recording.
segments = Table(
    "recording_segments",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("session_id", _ID, nullable=False),
    Column("recording_id", _ID, ForeignKey("recordings.id")),
    Column("room_id", _ID, nullable=False),
    Column("segment", _ID, nullable=False),
    Column("endpoint", _ID, nullable=False),
    Column("medium", String(8), nullable=False),
    Column("key_kind", String(8), nullable=False),
    Column("seats", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("head", String(64), nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("packets", BigInteger),
    Column("first_at", _TIME),
    Column("last_at", _TIME),
    Column("complete", Boolean(create_constraint=False), nullable=False),
    UniqueConstraint("session_id", "path"),
    Index(None, "case_id"),
    Index(None, "recording_id"),
    CheckConstraint("key_kind IN ('joint', 'caucus')", name="key_kind"),
    CheckConstraint("(key_kind = 'joint') = (recording_id IS NOT NULL)", name="sealed"),
)
