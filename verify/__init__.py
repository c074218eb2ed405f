"""Proofs checked offline: imports nothing of ours but `formats`, needs no database and no service."""

from verify.timeline import TimelineReport, check_timeline

__all__ = ["TimelineReport", "check_timeline"]
