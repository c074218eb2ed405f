"""A caucus with one side: the other side's socket is told nothing at all while it lasts."""

from __future__ import annotations

from typing import Any

from tests.integration.signaling.live import live
from tests.integration.signaling.town import Town

BEATS = 2


def _beats(seen: list[tuple[str, Any]]) -> list[str]:
    return [payload["etag"] for event, payload in seen if event == "beat"]


async def test_nothing_passes_the_wall(town: Town) -> None:
    case = town.case()
    a, b, lawyer, host = town.party(case), town.party(case, "B"), town.third(case), town.host(case)
    async with live(town.service.url, host, a, b, lawyer) as (officer, inside, outside, second):
        await officer.do("session.open")
        for person in (a, b, lawyer):
            await officer.do("seat.admit", seat=person.seat)
        await officer.do("session.start")
        await outside.do("chat.send", text="大家都看得到")
        await officer.do("caucus.enter", side="A")
        snapshot = await outside.shown(lambda view: view["waiting_hint"] == "caucus_elsewhere")
        start = len(outside.seen)
        await inside.shown(lambda view: view["caucus"] == "member")
        # Without a relay's word nobody is told to be private.
        assert (await inside.view())["private"] is False
        assert await outside.refused("chat.send", text="在吗") == "room.caucus"

        await inside.do("chat.send", text="只跟您说：三千元可以接受")
        await officer.do("chat.send", text="明白")
        await inside.do("hand.set", raised=True)
        await officer.do("seat.mute", seat=a.seat, muted=True)
        await officer.do("seat.lower_hand", seat=a.seat)
        await inside.do("media.state", mic=False, camera=False)
        await second.do("hand.set", raised=True)
        await officer.do("seat.verify", seat=a.seat, method="video_look")
        await second.do("seat.leave")
        await inside.shown(lambda view: [line["text"] for line in view["chat"]][-1:] == ["明白"])

        # Beats go on and say that nothing has changed.
        await outside.until(lambda seen: len(_beats(seen[start:])) >= BEATS)
        assert {event for event, _ in outside.seen[start:]} == {"beat"}
        assert set(_beats(outside.seen[start:])) == {snapshot["etag"]}
        assert await outside.view() == snapshot["view"]

        await officer.do("caucus.leave")
        await outside.shown(lambda view: view["phase"] == "joint")
        assert "三千元" not in str(outside.seen)
        assert "明白" not in str(outside.seen)
        # Straight from one wall to the other side's.
        await officer.do("caucus.enter", side="B")
        await inside.shown(lambda view: view["waiting_hint"] == "caucus_elsewhere")
        await outside.do("chat.send", text="我这边的话")
        await officer.do("session.end", outcome="not_agreed")
        await inside.shown(lambda view: view["phase"] == "idle")
        assert "我这边的话" not in str(inside.seen)
