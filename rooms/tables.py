"""Tables of the rooms. `sealed` is the whole room under its case's key; secrets and codes are stored as hashes only."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from vault.tables import metadata

_ID = String(64)
_TIME = String(24)

rooms = Table(
    "rooms",
    metadata,
    Column("id", _ID, primary_key=True),
    # One case, one room: the database itself refuses a second.
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False, unique=True),
    Column("organ_id", _ID, ForeignKey("organs.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", _TIME, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("room_id", _ID, ForeignKey("rooms.id"), nullable=False),
    Column("party_id", _ID, ForeignKey("parties.id"), nullable=False, index=True),
    Column("created_by", _ID, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    Column("opened_at", _TIME),
    Column("revoked_at", _TIME),
)

# Tries count per person, not per link: a new link is no new chance to guess.
identity_tries = Table(
    "identity_tries",
    metadata,
    Column("party_id", _ID, ForeignKey("parties.id"), primary_key=True),
    Column("failures", Integer, nullable=False),
)

phone_codes = Table(
    "phone_codes",
    metadata,
    Column("party_id", _ID, ForeignKey("parties.id"), primary_key=True),
    Column("code_hash", LargeBinary, nullable=False),
    Column("sent_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
)

invite_codes = Table(
    "invite_codes",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("code_hash", LargeBinary, nullable=False, unique=True),
    Column("room_id", _ID, ForeignKey("rooms.id"), nullable=False, index=True),
    Column("role", String(24), nullable=False),
    Column("side", String(1)),
    Column("uses", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("created_by", _ID, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    Column("revoked_at", _TIME),
    CheckConstraint("used <= uses", name="counted"),
)

devices = Table(
    "devices",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("room_id", _ID, ForeignKey("rooms.id"), nullable=False),
    Column("seat_id", _ID, nullable=False),
    Column("endpoint_id", _ID, nullable=False, unique=True),
    Column("created_at", _TIME, nullable=False),
    Column("revoked_at", _TIME),
    Index(None, "room_id", "seat_id"),
)

# Wrong invite codes per address (hashed) and, under the target "*", of everybody.
invite_guesses = Table(
    "invite_guesses",
    metadata,
    Column("target", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("since", _TIME, nullable=False),
)

# How each seat's connection carried over a sitting; `sealed` is the aggregate under the case's key.
sitting_quality = Table(
    "sitting_quality",
    metadata,
    Column("session_id", _ID, primary_key=True),
    Column("seat_id", _ID, primary_key=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    Column("closed_at", _TIME),
)
