"""Tables of what proves a recording: manifests, and journals found to contradict their signed heads."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from vault.tables import metadata

_ID = String(64)
_TIME = String(24)

# One per making; the highest number counts. The file lies encrypted under the case's key.
manifests = Table(
    "recording_manifests",
    metadata,
    Column("session_id", _ID, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("root", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", _TIME, nullable=False),
    Index(None, "case_id"),
)

# At most one per journal: the first thing found.
damages = Table(
    "recording_damages",
    metadata,
    Column("session_id", _ID, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("key_kind", String(8), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("since", _TIME, nullable=False),
    Column("until", _TIME, nullable=False),
    Column("noted_at", _TIME, nullable=False),
    Index(None, "case_id"),
    CheckConstraint("kind IN ('cut', 'changed', 'added', 'missing')", name="kind"),
)
