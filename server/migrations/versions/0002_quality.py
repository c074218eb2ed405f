"""How connections carried: one row per sitting and seat.

A database made since holds the table already, because the first revision makes all that the code knows.
"""

from __future__ import annotations

from alembic import op

from rooms.tables import sitting_quality

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    sitting_quality.create(op.get_bind(), checkfirst=True)
