"""Table of the journals that lie in the blob store."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from vault.tables import metadata

# `path` is where the journal lay below the spool, `sha256` (hex) and `size` are the whole file's; its parts are objects
# of `part` bytes each. A row is written only once all of it was read back and found the same.
archived_journals = Table(
    "archived_journals",
    metadata,
    Column("path", Text, primary_key=True),
    Column("session_id", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    Column("at", String(24), nullable=False),
    Index(None, "session_id"),
)
