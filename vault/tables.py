"""The one MetaData of the service, and the vault's own tables.

Other packages define theirs on this `metadata` in their own `tables.py`. Portable types only; times are stored text
(`vault.utc`), ids are text (`vault.ids`).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# `wrapped` is null once the subject was erased; the row stays, so that no second key is ever made for it.
data_keys = Table(
    "data_keys",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("wrapped", LargeBinary),
    Column("created_at", String(24), nullable=False),
    Column("erased_at", String(24)),
)

timeline_entries = Table(
    "timeline_entries",
    metadata,
    Column("case_id", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(24), nullable=False),
    Column("mono_ns", BigInteger, nullable=False),
    Column("boot", String(32), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("act", String(64), nullable=False),
    Column("article", Text),
    Column("commitment", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

# Salt and payload of an entry, encrypted under the key of the person (or case) they are about.
timeline_payloads = Table(
    "timeline_payloads",
    metadata,
    Column("case_id", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("subject", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("case_id", String(64)),
    Column("payload", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", String(24), nullable=False),
    Column("lease", String(64)),
    Column("permille", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", String(24), nullable=False),
    Column("updated_at", String(24), nullable=False),
    Index(None, "state", "due_at"),
    Index(None, "case_id"),
)

replies = Table(
    "replies",
    metadata,
    Column("lookup", LargeBinary, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", String(24), nullable=False),
    Index(None, "at"),
)
