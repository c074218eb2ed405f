"""Errors of packet handlers: one bad packet must cost no connection, nor fill a log, nor pass unnoticed."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)


class Faults:
    """Counts them, and writes the first, second, fourth, eighth … with its traceback."""

    def __init__(self) -> None:
        self.count = 0

    def add(self) -> None:
        """Call it while the error is being handled."""
        self.count += 1
        if self.count & (self.count - 1) == 0:
            logger.exception("a packet's handler failed (%d so far)", self.count)
