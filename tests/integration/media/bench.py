"""A relay on loopback with a growing series of tables."""

from __future__ import annotations

import asyncio
from typing import Any

from media import Event, Relay, RelaySettings, SinkFactory
from media.ports import EngineName
from tests.integration.media.client import Client


class Bench:
    """One relay, one room."""

    engine: EngineName = "auto"
    """The one that carries its packets; see the fixture `each_engine`."""

    def __init__(self, sinks: SinkFactory | None = None, hosts: tuple[str, ...] = ()) -> None:
        """On the given addresses only, or on loopback."""
        self.events: list[Event] = []
        self._news = asyncio.Event()
        self.relay = Relay(RelaySettings(hosts, include_loopback=not hosts, engine=self.engine), sinks, self._on_event)
        assert self.engine in (self.relay.engine, "auto")
        self.clients: list[Client] = []
        self.revision = 0

    async def client(self, name: str, brightness: int, *, silent: bool = False) -> Client:
        """An endpoint that has been answered and publishes a picture of that brightness."""
        client = Client(self.relay, "room", name, brightness)
        self.clients.append(client)
        await client.join(silent=silent)
        return client

    async def told(self, kind: str, state: str, endpoint: str = "", seconds: float = 15) -> Event:
        """Wait for an event."""
        async with asyncio.timeout(seconds):
            while True:
                for event in self.events:
                    if (event.kind, event.state, event.endpoint) == (kind, state, endpoint):
                        return event
                self._news.clear()
                await self._news.wait()

    def _on_event(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()

    def table(self, *rows: tuple[str, int, str], record: tuple[dict[str, Any], ...] = (), lease: float = 30) -> str:
        """Apply the next revision; returns the recorder's state."""
        self.revision += 1
        applied = self.relay.apply(
            {
                "room": "room",
                "revision": self.revision,
                "epoch": 1,
                "lease_s": lease,
                "rows": [
                    {"to": to, "slot": slot, "from": source, "audio": True, "video": True} for to, slot, source in rows
                ],
                "record": list(record),
            }
        )
        assert applied.accepted
        return applied.recorder

    def endpoint(self, name: str) -> dict[str, Any]:
        """Counters of one endpoint."""
        found: dict[str, Any] = self.relay.stats()["rooms"]["room"]["endpoints"][name]
        return found

    def sent_to(self, name: str) -> int:
        """Media packets ever sent on the endpoint's present connection."""
        return sum(slot["packets"] for slot in self.endpoint(name)["out"].values())

    def note(self, text: str) -> None:
        """A measured figure, for whoever runs with -s."""
        print(text)

    async def close(self) -> None:
        """Close clients, then the relay."""
        for client in self.clients:
            await client.close()
        await self.relay.close()
