"""The end of a sitting, and the film that was made of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.gathering import Gathering
from tests.e2e.media_probe import slots
from tests.e2e.people import tid
from tests.e2e.waiting import until
from tests.support.playback import Film, watch
from tests.support.service import Service


def let_run(room: Gathering, frames: int) -> None:
    """Let so many frames pass at a party's screen."""
    before = sum(slot.frames for slot in slots(room.zhang))
    until(room.zhang, f"{frames} frames", lambda: sum(s.frames for s in slots(room.zhang)) >= before + frames)


def end(room: Gathering) -> None:
    """Close the sitting; it is to be continued."""
    tid(room.officer, "session-end").click()
    tid(room.officer, "outcome-suspended").check()
    tid(room.officer, "end-confirm").click()
    expect(tid(room.zhang, "ended")).to_be_visible()


def film_of(service: Service, room: Gathering, name: str, folder: Path) -> tuple[Film, float]:
    """The person's recording, and the time of its beginning (seconds since the epoch)."""
    case_id = room.case.rsplit("/", 1)[1]

    def made() -> dict[str, str] | None:
        page = room.officer.request.get(f"{service.url}/api/cases/{case_id}").json()
        rows = [row for row in page["recordings"] if name in row["seats"] and row["status"] in ("ready", "partial")]
        return rows[0] if rows else None

    row = until(room.officer, f"the recording of {name}", made, 60)
    path = folder / "film.webm"
    path.write_bytes(room.officer.request.get(f"{service.url}/api/recordings/{row['id']}/content").body())
    return watch(path), datetime.fromisoformat(row["started_at"]).timestamp()
