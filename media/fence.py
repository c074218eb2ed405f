"""Which tables count, and for how long: revision, placement epoch, lease. Pure state."""

from __future__ import annotations


class Fence:
    """The order of tables of one room.

    Revisions come from the database and only grow, epochs from the room's placement. A table is taken when neither is
    older than what is known. The lease is renewed by tables and by the heartbeat of the same epoch; once it has lapsed
    only a table revives it, because the room may have been placed elsewhere meanwhile.
    """

    __slots__ = ("_deadline", "_lease", "epoch", "revision")

    def __init__(self) -> None:
        self.epoch = -1
        self.revision = -1
        self._lease = 0.0
        self._deadline = float("-inf")

    def admits(self, epoch: int, revision: int) -> bool:
        """Whether a table of this epoch and revision may take effect."""
        return epoch >= self.epoch and revision >= self.revision

    def take(self, epoch: int, revision: int, lease: float, now: float) -> None:
        """A table took effect; `lease` in seconds."""
        self.epoch, self.revision = epoch, revision
        self._lease = lease
        self._deadline = now + lease

    def raise_epoch(self, epoch: int) -> None:
        """The room was placed anew: tables of earlier epochs count no more, and what they allowed ends."""
        if epoch > self.epoch:
            self.epoch = epoch
            self._deadline = float("-inf")

    def renew(self, epoch: int, now: float) -> bool:
        """Extend the lease; False when it has lapsed, never began, or belongs to another epoch."""
        if epoch != self.epoch or not self.holds(now):
            return False
        self._deadline = now + self._lease
        return True

    @property
    def until(self) -> float:
        """When forwarding ends, in monotonic seconds; never later than finite."""
        return max(self._deadline, 0.0)

    def holds(self, now: float) -> bool:
        """Whether forwarding is allowed at this time."""
        return now < self._deadline
