"""Watching: lanes of speech, who may fetch a file, and the right to download as an officer's own.

A database made since holds all of it already, because the first revision makes all that the code knows.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recording.watching_tables import downloads, lanes

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    connection = op.get_bind()
    for table in (lanes, downloads):
        table.create(connection, checkfirst=True)
    if "may_download" not in {column["name"] for column in sa.inspect(connection).get_columns("officers")}:
        op.add_column("officers", sa.Column("may_download", sa.Boolean(), nullable=False, server_default=sa.false()))
