"""Films of whole sittings and their finished pieces.

A database made since holds the tables already, because the first revision makes all that the code knows.
"""

from __future__ import annotations

from alembic import op

from recording.filmtables import composite_parts, composites

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    composites.create(op.get_bind(), checkfirst=True)
    composite_parts.create(op.get_bind(), checkfirst=True)
