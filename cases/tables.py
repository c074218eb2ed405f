"""Tables of the case records. `sealed` columns hold what `vault.cipher` encrypted; everything else is for searching."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from vault.tables import metadata

_ID = String(64)
_TIME = String(24)

organs = Table(
    "organs",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("parent_id", _ID, ForeignKey("organs.id")),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("created_at", _TIME, nullable=False),
)

officers = Table(
    "officers",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("organ_id", _ID, ForeignKey("organs.id"), nullable=False, index=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("post", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("disabled", Boolean(create_constraint=False), nullable=False),
    Column("must_change_password", Boolean(create_constraint=False), nullable=False),
    Column("may_download", Boolean(create_constraint=False), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", _TIME, nullable=False),
    CheckConstraint("role IN ('officer', 'supervisor', 'administrator')", name="role"),
)

officer_sessions = Table(
    "officer_sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("officer_id", _ID, ForeignKey("officers.id"), nullable=False, index=True),
    Column("created_at", _TIME, nullable=False),
    Column("seen_at", _TIME, nullable=False),
)

# Wrong passwords per guessed name and per address; `target` is a hash, so that a mistyped password in the name field
# is not kept in the clear.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("target", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", _TIME, nullable=False, index=True),
)

# Addresses from which an officer signed in before: guessing elsewhere does not delay them there.
officer_addresses = Table(
    "officer_addresses",
    metadata,
    Column("officer_id", _ID, ForeignKey("officers.id"), primary_key=True),
    Column("address", LargeBinary, primary_key=True),
    Column("last_at", _TIME, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("organ_id", _ID, ForeignKey("organs.id"), nullable=False),
    Column("number", String(64), nullable=False),
    Column("track", String(2), nullable=False),
    Column("cause", Text, nullable=False),
    Column("happened_at", _TIME, nullable=False),
    Column("place", Text, nullable=False),
    Column("officer_id", _ID, ForeignKey("officers.id"), nullable=False, index=True),
    Column("community", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("status", String(8), nullable=False),
    Column("outcome", String(16)),
    Column("created_at", _TIME, nullable=False),
    Column("closed_at", _TIME),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("organ_id", "number"),
    Index(None, "organ_id", "created_at", "id"),
    CheckConstraint("track IN ('ZA', 'JT', 'RM')", name="track"),
    CheckConstraint("(status = 'open') = (outcome IS NULL)", name="outcome"),
)

parties = Table(
    "parties",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("side", String(1), nullable=False),
    Column("private_contact", Boolean(create_constraint=False), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("case_id", "position"),
    CheckConstraint("side IN ('A', 'B')", name="side"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("party_id", _ID, ForeignKey("parties.id")),
    Column("kind", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("expires_at", _TIME),
    Index(None, "case_id", "at"),
)
