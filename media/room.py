"""One room: its endpoints, the table it obeys, and the taps of its recorder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from media.engine import Engine
from media.errors import RecorderMissing
from media.fence import Fence
from media.link import ALWAYS, Link
from media.ports import Applied, Event, OnEvent, SinkFactory, Track
from media.slot import Slot
from media.source import MEDIUM, RATES, Kind, Source
from media.table import Record, Table
from media.tap import Tap, reason

Retire = Callable[[str, Tap], None]
RecorderState = Literal["ok", "failed", "idle"]

KIND: dict[Track, Kind] = {"audio": "mic", "video": "camera", "screen": "screen"}


class Endpoint:
    """A device in the room: its sources live on while connections come and go."""

    def __init__(self, name: str, engine: Engine) -> None:
        self.name = name
        self.sources: dict[Kind, Source] = {kind: Source(name, kind, engine.stream) for kind in MEDIUM}
        self.link: Link | None = None
        self.state = "new"


class Room:
    """Forwards exactly what the table in force names, while the lease holds and the recorder works.

    One owner: only `Forwarding` calls it, from one thread, and every method leaves the wiring consistent.
    """

    def __init__(
        self, name: str, engine: Engine, factory: SinkFactory | None, retire: Retire, on_event: OnEvent
    ) -> None:
        """`retire` closes a detached tap's journal in its own time: that may wait for a disk."""
        self.name = name
        self.fence = Fence()
        self.endpoints: dict[str, Endpoint] = {}
        self.recorder: RecorderState = "idle"
        self.recorder_reason = ""
        self.taps: dict[tuple[str, Track], Tap] = {}
        self._engine = engine
        self._factory = factory
        self._retire = retire
        self._on_event = on_event
        self._table: Table | None = None
        # A revision that must be exceeded before anything flows again (failed recorder, finished session).
        self._halted_at = -1
        self._lapsed = False

    def apply(self, table: Table, now: float) -> Applied:
        """Obey this table if it is not outdated. What it does not name has stopped when this returns."""
        if not self.fence.admits(table.epoch, table.revision):
            return Applied(self.fence.revision, False, self.recorder)
        self.fence.take(table.epoch, table.revision, table.lease_s, now)
        self._table = table
        self._lapsed = False
        self.wire(now)
        self.limit()
        if table.revision > self._halted_at:
            self._recorder_is("ok" if table.record else "idle")
        return Applied(self.fence.revision, True, self.recorder)

    def wire(self, now: float) -> None:
        """Make slots and taps what the table says: first stop, then record, then flow."""
        table = self._table if self._table and self.fence.holds(now) else None
        if table is not None and table.revision <= self._halted_at:
            table = None
        wanted = dict(self._wanted_slots(table)) if table else {}
        for slot in self._slots():
            if slot.source is not None and wanted.get(slot) is not slot.source:
                slot.detach()
        if table is None:
            for tap in self.taps.values():
                tap.detach()
            return
        if not self._wire_taps(table, now):
            return
        for slot, source in wanted.items():
            if slot.source is None:
                slot.attach(source, now)

    def _wanted_slots(self, table: Table) -> Iterator[tuple[Slot, Source]]:
        for row in table.rows:
            receiver, sender = self.endpoints.get(row.to), self.endpoints.get(row.source_endpoint)
            link = receiver.link if receiver else None
            if link is None or sender is None or row.slot >= len(link.slots):
                continue
            audio, video = link.slots[row.slot]
            if row.audio and audio is not None:
                yield audio, sender.sources["mic"]
            if row.video and video is not None:
                yield video, sender.sources[row.video_source]

    def _wire_taps(self, table: Table, now: float) -> bool:
        wanted = {record.endpoint: record for record in table.record if record.endpoint in self.endpoints}
        for place in [place for place, tap in self.taps.items() if not _continues(tap, wanted.get(place[0]))]:
            self._retire_tap(place)
        try:
            for record in wanted.values():
                self._wire_tap((record.endpoint, "audio"), record, record.audio, now)
                self._wire_tap((record.endpoint, "video"), record, record.video, now)
                self._wire_tap((record.endpoint, "screen"), record, record.screen, now)
        except Exception as error:  # any trouble of the recorder is the same trouble: no evidence, no session
            self.recorder_failed(reason(error))
            return False
        return True

    def _wire_tap(self, place: tuple[str, Track], record: Record, captured: bool, now: float) -> None:
        tap = self.taps.get(place)
        if not captured:
            # Muted or dark for now: the journal of this segment stays open for when it comes back.
            if tap is not None:
                tap.detach()
            return
        if tap is None:
            tap = self.taps[place] = self._open_tap(place, record)
        if tap.source is None:
            # A picture begins anew for all at once: whoever saw on would see what this journal cannot show.
            source = self.endpoints[record.endpoint].sources[KIND[place[1]]]
            for slot in self._slots():
                if slot.source is source:
                    slot.detach()
            tap.resume(now)

    def _open_tap(self, place: tuple[str, Track], record: Record) -> Tap:
        if self._factory is None:
            raise RecorderMissing
        endpoint, track = place
        kind = KIND[track]
        rate = RATES[MEDIUM[kind]]
        sink = self._factory.open(self.name, endpoint, record.segment, record.key, track, record.seats, rate)
        source = self.endpoints[endpoint].sources[kind]
        return self._engine.tap(source, record, sink, self.recorder_failed)

    def _retire_tap(self, place: tuple[str, Track]) -> None:
        tap = self.taps.pop(place)
        tap.detach()
        self._retire(self.name, tap)

    def recorder_failed(self, cause: str) -> None:
        """Stop everything at once, and stay stopped until a table of a higher revision opens its journals."""
        self._halted_at = self.fence.revision
        self.halt()
        self._recorder_is("failed", cause)
        self._retire_taps()

    def want_pictures(self, now: float) -> None:
        """Have every picture that is recorded begin anew."""
        for endpoint, track in self.taps:
            source = self.endpoints[endpoint].sources[KIND[track]] if endpoint in self.endpoints else None
            if source is not None and source.medium == "video":
                for stream in source.streams():
                    stream.keys.want(now)

    def finish(self) -> None:
        """End all journals; what was being recorded flows no more under this revision."""
        if self._table is not None and self._table.record:
            self._halted_at = self.fence.revision
            self.halt()
        self._retire_taps()
        if self.recorder == "ok":
            self._recorder_is("idle")

    def _retire_taps(self) -> None:
        for place in list(self.taps):
            self._retire_tap(place)

    def halt(self) -> None:
        """Nothing flows, nothing is captured; journals stay open."""
        for slot in self._slots():
            slot.detach()
        for tap in self.taps.values():
            tap.detach()

    def renew(self, epoch: int, now: float) -> bool:
        """Extend the lease; see `Fence.renew`."""
        renewed = self.fence.renew(epoch, now)
        self.limit()
        return renewed

    def limit(self) -> None:
        """Tell every connection until when it may pass packets on, whoever else is late to look."""
        flowing = self._table is not None and not self._lapsed
        deadline = round(self.fence.until * 1e9) if flowing else ALWAYS
        for endpoint in self.endpoints.values():
            if endpoint.link is not None:
                endpoint.link.deadline_ns = deadline

    def lapse(self, now: float) -> None:
        """Stop if the lease ran out."""
        if self._table is not None and not self._lapsed and not self.fence.holds(now):
            self._lapsed = True
            self.halt()
            self.limit()
            self._on_event(Event("lease", self.name, state="lapsed"))

    def remove(self, name: str) -> None:
        """Forget an endpoint: nothing flows from or to it, its journals are closed."""
        endpoint = self.endpoints.pop(name, None)
        if endpoint is None:
            return
        if endpoint.link is not None:
            endpoint.link.detach()
        for slot in self._slots():
            if slot.source is not None and slot.source.endpoint == name:
                slot.detach()
        for track in KIND:
            if (name, track) in self.taps:
                self._retire_tap((name, track))

    def _slots(self) -> Iterator[Slot]:
        for endpoint in self.endpoints.values():
            if endpoint.link is not None:
                for pair in endpoint.link.slots:
                    for slot in pair:
                        if slot is not None:
                            yield slot

    def _recorder_is(self, state: RecorderState, cause: str = "") -> None:
        if state != self.recorder:
            self.recorder, self.recorder_reason = state, cause
            self._on_event(Event("recorder", self.name, state=state, reason=cause))


def _continues(tap: Tap, record: Record | None) -> bool:
    if record is None:
        return False
    return (tap.record.segment, tap.record.key, tap.record.seats) == (record.segment, record.key, record.seats)
