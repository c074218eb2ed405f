"""Custody of recordings: requests for unsealing, keys wrapped anew, holds, deletions, and where journals lie.

A database made since holds the tables already, because the first revision makes all that the code knows.
"""

from __future__ import annotations

from alembic import op

from recording.archiving.tables import archived_journals
from recording.keeping.tables import deletions, holds
from recording.sealed.tables import journal_keys, unsealed_films, unsealings

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for table in (unsealings, journal_keys, unsealed_films, holds, deletions, archived_journals):
        table.create(op.get_bind(), checkfirst=True)
