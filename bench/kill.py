"""`make bench-kill`: from a worker's `kill -9` to the first picture decoded again at another person's page.

Real Chromium, real service, a room of three at two workers. Each round kills the worker that has the room and waits for
a frame that a *new* connection decoded. Prints a table and writes bench/out/kill.json; `QUICK=1` makes seven rounds
instead of twenty-four. There is no peer that comes back by itself to compare with, so `ratio` is null.
"""

from __future__ import annotations

import math
import os
import signal
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.report import report, row
from server.berth import who_has
from tests.e2e.conftest import Street
from tests.e2e.gathering import Gathering, gather
from tests.e2e.waiting import until
from tests.support.camera import PERSONS, write_camera, write_microphone
from tests.support.service import Service, running_service

ROUNDS = 7 if os.environ.get("QUICK") else 24

WATCH = """() => {
  const old = window.__heshi.pc();
  window.__first = null;
  (async () => {
    for (;;) {
      const pc = window.__heshi.pc();
      if (pc && pc !== old) {
        let frames = 0;
        (await pc.getStats()).forEach(r => { if (r.type === "inbound-rtp") frames += r.framesDecoded || 0; });
        if (frames > 0) { window.__first = Date.now(); return; }
      }
      await new Promise(done => setTimeout(done, 10));
    }
  })();
}"""


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        cameras = Path(folder) / "cameras"
        cameras.mkdir()
        for person in range(PERSONS):
            write_camera(cameras / f"{person}.y4m", person)
            write_microphone(cameras / f"{person}.wav", person)
        with running_service(Path(folder), HESHI_WORKERS="2") as service:
            street = Street(playwright, cameras)
            try:
                room = gather(street, service)
                took = [seconds for _ in range(ROUNDS) for seconds in _kill(service, room)]
            finally:
                street.close()
    _report(took)


def _kill(service: Service, room: Gathering) -> list[float]:
    """One death; what each of the three pages took."""
    pages = [page for _, page, _ in room.everybody()]
    # The next death is to find the other worker there, as it would after any time at all in the field.
    until(room.officer, "two workers", lambda: _here(service) >= 2)
    worker = _busiest(service, room.officer)
    for page in pages:
        page.evaluate(WATCH)
    at = time.time()
    os.kill(worker, signal.SIGKILL)
    took = [until(page, "a picture", partial(page.evaluate, "() => window.__first")) / 1000 - at for page in pages]
    room.see_each_other()
    return took


def _here(service: Service) -> int:
    """Workers that have dialled in since the last death, by the log."""
    names = {has.name for path in (service.data / "workers").glob("*.lock") if (has := who_has(path)) is not None}
    return sum(f"worker {name} is here" in service.log.read_text() for name in names)


def _busiest(service: Service, page: Page) -> int:
    """The worker that has the room: its port is the remote end of the page's connection."""
    port = page.evaluate("() => /^m=audio (\\d+)/m.exec(window.__heshi.pc().remoteDescription.sdp)[1]")
    for pid in service.workers():
        inodes = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
        for table in ("udp", "udp6"):
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if int(fields[1].rsplit(":", 1)[1], 16) == int(port) and f"socket:[{fields[9]}]" in inodes:
                    return pid
    raise AssertionError(f"nobody has port {port}")


def _report(took: list[float]) -> None:
    ordered = sorted(took)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    figures = {"p50": statistics.median(ordered), "p95": p95, "max": ordered[-1]}
    report(
        "kill", [row(f"worker_killed_to_first_frame_s_{name}", "s", at, len(took), 2) for name, at in figures.items()]
    )


if __name__ == "__main__":
    main()
