"""The agreement of each case, and the handwriting on it. `sealed` columns hold what `vault.cipher` encrypted."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from vault.tables import metadata

_ID = String(64)
_TIME = String(24)

# `revision` is compared and swapped; `status` and `blob_id` stand beside the document for lists and clean-up.
agreements = Table(
    "agreements",
    metadata,
    Column("case_id", _ID, ForeignKey("cases.id"), primary_key=True),
    Column("room_id", _ID, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("blob_id", _ID),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("changed_at", _TIME, nullable=False),
    CheckConstraint("status IN ('draft', 'locked', 'declined', 'sealed')", name="status"),
    CheckConstraint("(status = 'sealed') = (blob_id IS NOT NULL)", name="blob"),
)

# Biometric: under the person's own key, so that erasing the person destroys it.
agreement_strokes = Table(
    "agreement_strokes",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("person_id", _ID, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Index(None, "case_id"),
)
