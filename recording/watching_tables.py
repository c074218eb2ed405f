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

# Who said why they take a file out of the house; the reason itself is on the timeline. Good for a few minutes.
downloads = Table(
    "recording_downloads",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("recording_id", _ID, ForeignKey("recordings.id"), nullable=False),
    Column("officer_id", _ID, ForeignKey("officers.id"), nullable=False),
    Column("at", _TIME, nullable=False),
    Index(None, "officer_id", "recording_id"),
)
