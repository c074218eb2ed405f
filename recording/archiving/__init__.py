"""Journals of closed sittings moved from the local spool to the blob store, and brought back for whoever reads them."""

from recording.archiving.service import Archive

__all__ = ["Archive"]
