"""What proves a recording: signed manifests, and journals that contradict their signed heads.

A database made since holds the tables already, because the first revision makes all that the code knows.
"""

from __future__ import annotations

from alembic import op

from recording.evidence_tables import damages, manifests

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for table in (manifests, damages):
        table.create(op.get_bind(), checkfirst=True)
