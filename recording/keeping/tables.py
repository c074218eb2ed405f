"""Tables of legal holds and of deletions."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, String, Table, Text

from vault.tables import metadata

_ID = String(64)
_TIME = String(24)

# `words` hold the reasons and lie under the case's key.
holds = Table(
    "recording_holds",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("session_id", _ID, nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("set_by", _ID, nullable=False),
    Column("set_at", _TIME, nullable=False),
    Column("lifted_by", _ID),
    Column("lifted_at", _TIME),
    Index(None, "case_id"),
)

# `files` names the blobs still to be removed while the state is "deleting".
deletions = Table(
    "recording_deletions",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("session_id", _ID, nullable=False),
    Column("state", String(16), nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("files", Text, nullable=False),
    Column("requested_by", _ID, nullable=False),
    Column("requested_at", _TIME, nullable=False),
    Column("decided_by", _ID),
    Column("decided_at", _TIME),
    Column("done_at", _TIME),
    Index(None, "case_id"),
    Index(None, "state"),
    CheckConstraint(
        "state IN ('requested', 'approved', 'refused', 'stopped', 'deleting', 'deleted')",
        name="state",
    ),
)
