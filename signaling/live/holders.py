"""Who is connected: one socket per seat, the newest wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Budget:
    """A token bucket: `rate` commands a second after a burst of `burst`. Times are monotonic seconds."""

    rate: float = 20.0
    burst: float = 60.0
    tokens: float = 60.0
    at: float = 0.0

    def spend(self, now: float) -> bool:
        """Take one token if there is one."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(slots=True)
class Holder:
    """A connected seat; `etag` and `private` are what it was told last."""

    sid: str
    room: str
    seat: str
    endpoint: str
    person: str
    role: str
    officer_token: str = ""
    """An officer's session, kept from idling out while the officer is in the room."""
    etag: str = ""
    private: bool = False
    greeted: bool = False
    """It was told whether its device has a media connection."""
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, slots=True)
class Absent:
    """A seat whose socket is gone since a moment, and whose device still counts as online: it may come right back.

    `private`: its screen may still show the private sign.
    """

    room: str
    seat: str
    endpoint: str
    private: bool


class Holders:
    """The sockets of this process, and who has just lost theirs. Owned by the event loop; no locks."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Holder] = {}
        self._by_seat: dict[str, Holder] = {}
        self._absent: dict[str, Absent] = {}

    def take(self, holder: Holder) -> Holder | None:
        """Give the seat to this socket; returns the one that held it before.

        A sign that the seat may still be showing has to be taken down by this socket's word, as by the former's.
        """
        older = self._by_seat.get(holder.seat)
        absent = self._absent.pop(holder.seat, None)
        holder.private = any(one is not None and one.private for one in (older, absent))
        if older is not None:
            self._by_sid.pop(older.sid, None)
        self._by_seat[holder.seat] = self._by_sid[holder.sid] = holder
        return older

    def drop(self, sid: str) -> Holder | None:
        """The socket is gone; returns its holder if it still held a seat."""
        holder = self._by_sid.pop(sid, None)
        if holder is not None:
            self._by_seat.pop(holder.seat, None)
        return holder

    def miss(self, absent: Absent) -> None:
        """The seat's socket is gone, and may come back."""
        self._absent[absent.seat] = absent

    def give_up(self, seat: str) -> Absent | None:
        """It did not come back; `None` if it did."""
        return self._absent.pop(seat, None)

    def forget(self, absent: Absent) -> bool:
        """Give up exactly this absence; False if it ended before, whatever came after it."""
        if self._absent.get(absent.seat) is not absent:
            return False
        del self._absent[absent.seat]
        return True

    def absent(self, room: str) -> list[Absent]:
        """The seats of a room whose sockets are gone since a moment."""
        return [absent for absent in self._absent.values() if absent.room == room]

    def by_sid(self, sid: str) -> Holder | None:
        """The holder behind a socket."""
        return self._by_sid.get(sid)

    def by_seat(self, seat: str) -> Holder | None:
        """The socket that holds a seat."""
        return self._by_seat.get(seat)

    def connected(self, endpoint: str) -> bool:
        """Whether a device holds its seat now."""
        return any(holder.endpoint == endpoint for holder in self._by_sid.values())

    def of_room(self, room: str) -> list[Holder]:
        """Every connected seat of a room."""
        return [holder for holder in self._by_sid.values() if holder.room == room]

    def rooms(self) -> set[str]:
        """Rooms with anybody connected, or absent for a moment."""
        return {holder.room for holder in self._by_sid.values()} | {absent.room for absent in self._absent.values()}

    def __iter__(self) -> Iterator[Holder]:
        return iter(list(self._by_sid.values()))
