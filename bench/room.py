"""`make bench-room`: from navigation to the first remote frame, CPU of a room of four, weight of the party's page.

Real Chromium, real service, fake cameras at 320×180, 10 frames a second. Prints a table and writes bench/out/room.json.
`QUICK=1` makes two rounds instead of seven. There is no peer to compare with here, so `ratio` is null.
"""

from __future__ import annotations

import gzip
import os
import re
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.report import Row, report, row
from tests.e2e.conftest import Street
from tests.e2e.gathering import gather, sees
from tests.e2e.people import admit, consent_and_wait, make_invite, redeem
from tests.support.camera import PERSONS, write_camera, write_microphone
from tests.support.service import ROOT, Service, running_service

ROUNDS = 2 if os.environ.get("QUICK") else 7
CPU_S = 5 if os.environ.get("QUICK") else 30

FIRST_FRAME = """async () => {
  for (;;) {
    const pc = window.__heshi && window.__heshi.pc();
    if (pc) for (const line of pc.getTransceivers().slice(3)) {
      let frames = 0;
      (await line.receiver.getStats()).forEach(r => { frames += r.framesDecoded || 0; });
      if (frames > 0) return performance.now();
    }
    await new Promise(done => setTimeout(done, 10));
  }
}"""


def main() -> None:
    """Measure everything and report."""
    rows = [_page_weight()]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        cameras = Path(folder) / "cameras"
        cameras.mkdir()
        for person in range(PERSONS):
            write_camera(cameras / f"{person}.y4m", person)
            write_microphone(cameras / f"{person}.wav", person)
        with running_service(Path(folder)) as service:
            street = Street(playwright, cameras)
            try:
                rows += _room_of_four(service, street)
            finally:
                street.close()
    report("room", rows)


def _room_of_four(service: Service, street: Street) -> list[Row]:
    room = gather(street, service)
    lawyer = street.person("lawyer", 3, phone=True)
    desk = room.officer.context.new_page()
    desk.goto(room.case)
    redeem(lawyer, service.url, make_invite(desk, "lawyer", "A"), "赵律师", "lawyer")
    desk.close()
    seat = consent_and_wait(lawyer)
    admit(room.officer, seat)
    sees(room.officer, seat, 3)
    rows = _cpu(service)
    pages = {"2nd": room.zhang, "3rd": room.li, "4th": lawyer}
    times: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(ROUNDS):
        addresses = {name: page.url for name, page in pages.items()}
        for page in pages.values():
            page.goto("about:blank")
        for name, page in pages.items():
            times[name].append(_navigate(page, addresses[name]))
    for name, found in times.items():
        rows.append(row(f"navigation_to_first_frame_{name}_p50", "ms", statistics.median(found), len(found)))
        rows.append(row(f"navigation_to_first_frame_{name}_max", "ms", max(found), len(found)))
    return rows


def _navigate(page: Page, address: str) -> float:
    page.goto(address)
    return float(page.evaluate(FIRST_FRAME))


def _cpu(service: Service) -> list[Row]:
    """Share of one core over CPU_S seconds: the server, and the worker that holds the room (the busiest)."""
    workers = service.children("worker")
    before = {pid: _ticks(pid) for pid in [service.process.pid, *workers]}
    time.sleep(CPU_S)
    used = {pid: (_ticks(pid) - ticks) / os.sysconf("SC_CLK_TCK") / CPU_S * 100 for pid, ticks in before.items()}
    return [
        row("cpu_server_room_of_four", "% of a core", used[service.process.pid], 1),
        row("cpu_worker_room_of_four", "% of a core", max(used[pid] for pid in workers), 1),
    ]


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def _page_weight() -> Row:
    """Everything that room.html names, as gzip would send it."""
    dist = ROOT / "web" / "dist"
    html = (dist / "room.html").read_bytes()
    named = [dist / name.lstrip("/") for name in re.findall(r'(?:src|href)="(/assets/[^"]+)"', html.decode())]
    weight = sum(len(gzip.compress(content, 6)) for content in [html, *(path.read_bytes() for path in named)])
    return row("party_page_weight_gzip", "kB", weight / 1000, 1)


if __name__ == "__main__":
    main()
