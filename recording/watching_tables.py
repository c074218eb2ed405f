"""Tables of what goes with watching: lanes of speech, and who may fetch a file."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from vault.tables import metadata

_ID = String(64)
_TIME = String(24)

# How loud it was through a film: one small encrypted blob beside the film's own.
lanes = Table(
    "recording_lanes",
    metadata,
    Column("recording_id", _ID, ForeignKey("recordings.id"), primary_key=True),
    Column("blob_id", _ID, nullable=False),
)

# Who said why they take a file (of whatever kind) out of the house. The reason is on the timeline; a row is good for a
# few minutes.
downloads = Table(
    "recording_downloads",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("film_id", _ID, nullable=False),
    Column("officer_id", _ID, ForeignKey("officers.id"), nullable=False),
    Column("at", _TIME, nullable=False),
    Index(None, "officer_id", "film_id"),
)
