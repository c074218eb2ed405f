"""The forwarding core of a relay: rooms, endpoints, tables. Pure: no socket, no task; time is handed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from media.engine import Engine
from media.errors import EndpointElsewhere, StaleEpoch
from media.link import Link, Plan
from media.ports import Applied, Event, OnEvent, Outlet, SinkFactory
from media.room import Endpoint, Retire, Room
from media.table import parse_table

MAX_DROPPED = 4096  # rooms; a table that is later than so many endings does not exist
_NEVER = (-1, -1)


class Forwarding:
    """All rooms of one worker. Owned by one thread; every call leaves exactly what the tables name flowing."""

    def __init__(
        self, engine: Engine, factory: SinkFactory | None, retire: Retire, on_event: OnEvent, ntp_base: float
    ) -> None:
        """`retire` closes detached taps; `ntp_base`: our NTP time in seconds at monotonic zero."""
        self._engine = engine
        self._factory = factory
        self._retire = retire
        self._on_event = on_event
        self._ntp_base = ntp_base
        self.rooms: dict[str, Room] = {}
        self._room_of: dict[str, str] = {}
        self._counted: Counter[str] = Counter()  # of links that are gone
        # Dropped rooms are remembered by their order alone, so that a late table cannot revive an old placement.
        self._dropped: dict[str, tuple[int, int]] = {}

    def apply(self, raw: Mapping[str, Any], now: float) -> Applied:
        """Obey a forwarding table. Raises TableMalformed; then nothing changed."""
        table = parse_table(raw)
        dropped = self._dropped.get(table.room, _NEVER) if table.room not in self.rooms else _NEVER
        if dropped is not _NEVER and (table.epoch <= dropped[0] or table.revision < dropped[1]):
            return Applied(dropped[1], False, "idle")
        return self._room(table.room).apply(table, now)

    def renew(self, room: str, epoch: int, now: float) -> bool:
        """Extend a room's lease; False means: a table is needed."""
        found = self.rooms.get(room)
        return found is not None and found.renew(epoch, now)

    def admit(self, room: str, endpoint: str, epoch: int, now: float) -> Endpoint:
        """The endpoint that an offer is for, new or known.

        Raises StaleEpoch for an older placement and EndpointElsewhere if another room has it.
        """
        if self._room_of.get(endpoint, room) != room:
            raise EndpointElsewhere(endpoint)
        if room not in self.rooms and epoch <= self._dropped.get(room, _NEVER)[0]:
            raise StaleEpoch(str(epoch))
        found = self._room(room)
        if epoch < found.fence.epoch:
            raise StaleEpoch(str(epoch))
        if epoch > found.fence.epoch:
            found.fence.raise_epoch(epoch)
            found.lapse(now)
        known = found.endpoints.get(endpoint)
        if known is None:
            known = found.endpoints[endpoint] = Endpoint(endpoint, self._engine)
            self._room_of[endpoint] = room
        return known

    def link(self, endpoint: Endpoint, plan: Plan, outlet: Outlet) -> Link:
        """A connection for this endpoint, idle until it is installed."""
        return self._engine.link(plan, endpoint.sources, outlet, self._ntp_base)

    def install(self, room: str, endpoint: Endpoint, link: Link, now: float) -> Link | None:
        """Move slots and sources of the endpoint to this connected link; returns the one it replaces."""
        old = endpoint.link
        if old is not None:
            self._retire_link(old)
        for source in endpoint.sources.values():
            source.unbind()
        endpoint.link = link
        link.active = True
        link.heard_at = now
        self.set_state(room, endpoint, "connected")
        self.rooms[room].wire(now)
        self.rooms[room].limit()
        return old

    def uninstall(self, endpoint: Endpoint, link: Link) -> None:
        """The endpoint's connection is gone; its place in the room stays for the next one."""
        if endpoint.link is not link:
            return
        self._retire_link(link)
        endpoint.link = None
        for source in endpoint.sources.values():
            source.unbind()

    def _retire_link(self, link: Link) -> None:
        link.active = False
        link.detach()
        self._counted.update(link.counters())

    def counters(self) -> dict[str, int]:
        """Packets and bytes in and out, requests and repairs, since the start."""
        total = self._counted.copy()
        for room in self.rooms.values():
            for endpoint in room.endpoints.values():
                if endpoint.link is not None:
                    total.update(endpoint.link.counters())
        return dict(total)

    def set_state(self, room: str, endpoint: Endpoint, state: str) -> None:
        """Note and announce the endpoint's state."""
        endpoint.state = state
        self._on_event(Event("endpoint", room, endpoint.name, state))

    def remove(self, endpoint: str) -> None:
        """Forget an endpoint and close its journals."""
        room = self._room_of.pop(endpoint, None)
        if room is not None:
            found = self.rooms[room].endpoints.get(endpoint)
            if found is not None and found.link is not None:
                self._retire_link(found.link)
            self.rooms[room].remove(endpoint)
            if found is not None:
                self.set_state(room, found, "closed")

    def finish(self, room: str) -> None:
        """End the room's journals; what was recorded flows no more under this revision."""
        found = self.rooms.get(room)
        if found is not None:
            found.finish()

    def recorder_failed(self, room: str, cause: str) -> None:
        """The recorder reports trouble by itself: stop the room."""
        found = self.rooms.get(room)
        if found is not None:
            found.recorder_failed(cause)

    def drop(self, room: str) -> None:
        """Forget a room; only a newer placement can bring it back."""
        found = self.rooms.get(room)
        if found is None:
            return
        found.halt()
        found.finish()
        for endpoint in list(found.endpoints):
            self.remove(endpoint)
        del self.rooms[room]
        self._dropped[room] = (found.fence.epoch, found.fence.revision)
        if len(self._dropped) > MAX_DROPPED:
            del self._dropped[next(iter(self._dropped))]

    def lapse(self, now: float) -> None:
        """Stop the rooms whose lease ran out."""
        for room in self.rooms.values():
            room.lapse(now)

    def _room(self, name: str) -> Room:
        room = self.rooms.get(name)
        if room is None:
            room = self.rooms[name] = Room(name, self._engine, self._factory, self._retire, self._on_event)
            room.fence.epoch, room.fence.revision = self._dropped.pop(name, _NEVER)
        return room
