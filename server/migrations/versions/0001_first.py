"""The first schema: all tables of all packages, and the triggers that make the timeline append-only.

Nothing was ever released before it, so it is the metadata itself rather than a copy of it that could differ. The first
release freezes it: from then on every change is a revision of its own. There is no way down; restore a backup instead.
"""

from __future__ import annotations

from alembic import op

from server.migrate import all_tables
from vault.triggers import append_only_ddl

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    all_tables().create_all(connection, checkfirst=False)
    for statement in append_only_ddl(connection.dialect.name):
        op.execute(statement)
