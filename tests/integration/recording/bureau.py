"""A whole house with one case, journals as workers write them, and the people who may open what is sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases import Scope
from formats.framing import Batch
from recording.sink import Medium
from server.jobs import handlers
from server.migrate import migrate
from server.settings import Settings
from server.wiring import House, open_house
from tests.integration.recording.packets import Packet
from tests.integration.recording.studio import START, Studio
from tests.support.casework import Bureau

SESSION = "ses_1"


@dataclass
class Custody:
    """One case of the officer `host`; `chief` and `second` are supervisors, `other` an officer of the same station."""

    house: House
    settings: Settings
    studio: Studio
    bureau: Bureau
    case_id: str

    def journal(
        self, packets: list[Packet], medium: Medium, segment: str = "seg_1-ses_1", key: str = "joint",
        endpoint: str = "end_1",
    ) -> dict[str, Any]:  # fmt: skip
        """A closed journal, at the studio's present time; the row that its worker reports."""
        recorder = self.studio.recorder()
        rate = 48_000 if medium == "audio" else 90_000
        sink = recorder.open("room_1", endpoint, segment, key, medium, ("seat_1",), rate)
        for arrival_ns, packet in packets:
            sink.write(Batch.of([(arrival_ns + self.studio.now_ns, packet)]))
        return sink.close()

    async def note(self, row: dict[str, Any]) -> None:
        """Put it on record."""
        recordings = self.house.services.recordings
        await self.house.services.db.transact(lambda tx: recordings.note_segment(tx, self.case_id, SESSION, row))

    async def close(self) -> None:
        """The sitting ends."""
        recordings = self.house.services.recordings
        await self.house.services.db.transact(lambda tx: recordings.session_closed(tx, self.case_id, SESSION, START))

    async def work(self) -> int:
        """What the jobs process does, until nothing is due; how many jobs there were."""
        does, done = handlers(self.house), 0
        while (job := await self.house.jobs.claim([*does])) is not None:
            await does[job.kind](job)
            await self.house.jobs.finish(job)
            done += 1
        return done

    async def scope(self, who: str) -> Scope:
        """What that person may see."""
        return await self.bureau.scope(who)

    async def sealed(self) -> list[Any]:
        """The sealed lines of the case page."""
        rows = await self.house.services.db.read(lambda tx: self.house.services.recordings.list(tx, self.case_id))
        return [row for row in rows if row.status == "sealed"]

    async def ask(self, lines: list[str], who: str = "east.officer", reason: str = "复核威胁情节") -> Any:
        """Ask for unsealing."""
        return await self.bureau.act(who, self.house.services.unsealings.ask, self.case_id, lines, reason)

    async def decide(self, request: str, who: str = "east.chief", approve: bool = True) -> Any:
        """Approve or refuse."""
        return await self.bureau.act(who, self.house.services.unsealings.decide, request, approve, "已核对")

    async def acts(self, start: str = "recording.") -> list[str]:
        """Names of the acts on the timeline, which must verify."""
        return [act for act, _ in await self.bureau.acts(self.case_id) if act.startswith(start)]


@asynccontextmanager
async def custody(folder: Path) -> AsyncIterator[Custody]:
    """Everything as it is joined in production, in one folder."""
    settings = Settings(data=folder)
    await migrate(settings.database_url)
    async with open_house(settings) as house:
        services = house.services
        vault_public, supervisor_public = house.keys.recording_public()
        studio = Studio(settings.spool, vault=(b"", vault_public), supervisor=(b"", supervisor_public))
        bureau = await Bureau.build(services.db, house.cipher, services.timeline, services.clock)
        bureau.cases = services.cases
        case = await bureau.open_case()
        made = Custody(house, settings, studio, bureau, case.id)
        yield made
        for recorder in studio.recorders:
            recorder.close()
