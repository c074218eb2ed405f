"""Unsealing and deletion from end to end on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.unsealing import unseal
from tests.integration.recording.bureau import SESSION, custody
from tests.integration.recording.packets import audio
from vault.utc import later


async def test_a_caucus_is_unsealed_and_the_sitting_deleted_in_the_end(
    db_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with custody(tmp_path / "data", db_url) as desk:
        services = desk.house.services
        for segment, key in (("seg_1-ses_1", "joint"), ("seg_2-ses_1", "caucus")):
            await desk.note(desk.journal(audio(50), "audio", segment, key))
        await desk.close()
        await desk.work()
        one = await desk.ask([row.id for row in await desk.sealed()])
        await desk.decide(one.id)
        await unseal(desk.settings, one.id, desk.settings.data / "keys" / "supervisor.json", 72)
        await desk.work()
        _, (film,) = await services.db.read(lambda tx: services.unsealings.of_case(tx, desk.case_id))
        assert (film.status, film.reason) == ("ready", "")
        await desk.bureau.act("east.officer", services.cases.close, desk.case_id, "withdrawn")
        keeping = services.keeping
        await desk.bureau.act("east.officer", keeping.hold, desk.case_id, SESSION, "法院调取")
        (kept,) = await desk.bureau.act("east.officer", keeping.of_case, desk.case_id)
        await desk.bureau.act("east.chief", keeping.lift, desk.case_id, kept.hold.id, "已归还")
        now = later(services.clock.now(), 185 * 86400)
        monkeypatch.setattr(services.clock, "now", lambda: now)
        deletion = await desk.bureau.act("east.officer", keeping.ask, desk.case_id, SESSION, "已过保存期")
        await desk.bureau.act("east.chief", keeping.decide, deletion, True, "已核对")
        await desk.work()
        (kept,) = await desk.bureau.act("east.officer", keeping.of_case, desk.case_id)
        assert (kept.kept.state, await services.unsealings.sweep()) == ("deleted", 0)
        assert not list(desk.settings.spool.rglob("*.hjr"))
        assert "recording.unsealing_expired" in await desk.acts()
