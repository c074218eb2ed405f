"""What a browser really receives: decoded frames, sound energy and the marks in its pictures, asked of the browser."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

_STATS = """async () => {
  const pc = window.__heshi && window.__heshi.pc();
  if (!pc) return [];
  const lines = pc.getTransceivers();
  const slots = [];
  for (let i = 3; i + 1 < lines.length; i += 2) {
    const slot = {frames: 0, energy: 0, packets: 0};
    for (const line of [lines[i], lines[i + 1]]) {
      (await line.receiver.getStats()).forEach(report => {
        if (report.type !== "inbound-rtp") return;
        slot.packets += report.packetsReceived || 0;
        if (report.kind === "video") slot.frames += report.framesDecoded || 0;
        if (report.kind === "audio") slot.energy += report.totalAudioEnergy || 0;
      });
    }
    slots.push(slot);
  }
  return slots;
}"""

_SCREEN = """async () => {
  const pc = window.__heshi && window.__heshi.pc();
  const line = pc && pc.getTransceivers().at(-1);
  const screen = {frames: 0, packets: 0, width: 0};
  if (line) (await line.receiver.getStats()).forEach(report => {
    if (report.type !== "inbound-rtp") return;
    screen.frames += report.framesDecoded || 0;
    screen.packets += report.packetsReceived || 0;
    screen.width = report.frameWidth || 0;
  });
  return screen;
}"""

_MARK = """(video) => {
  if (!video.videoWidth) return null;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const ink = canvas.getContext("2d");
  ink.drawImage(video, 0, 0);
  const bit = (column, band) => {
    const at = ink.getImageData(canvas.width * (column + 0.5) / 4, canvas.height * (band + 0.5) / 3, 1, 1).data;
    return (at[0] + at[1] + at[2]) / 3 > 125 ? 1 : 0;
  };
  if (!bit(0, 2)) return null;
  let number = 0, person = 0;
  for (let i = 0; i < 8; i++) number = number * 2 + bit(i % 4, i >> 2);
  for (let i = 1; i < 4; i++) person = person * 2 + bit(i, 2);
  return [number, person];
}"""


@dataclass(frozen=True)
class Slot:
    """Totals of one receive slot since its connection was made."""

    frames: int
    energy: float
    packets: int


@dataclass(frozen=True)
class ScreenSlot:
    """Totals of the receive slot of the shared screen since its connection was made; pixels across, last seen."""

    frames: int
    packets: int
    width: int


def screen_slot(page: Page) -> ScreenSlot:
    """What came of a shared screen."""
    return ScreenSlot(**page.evaluate(_SCREEN))


def slots(page: Page) -> list[Slot]:
    """Every receive slot of the page's media connection, in order."""
    return [Slot(**slot) for slot in page.evaluate(_STATS)]


IN_HAND = 0.02
"""Energy of about a sixth of a second of the fake voices, which bring 0.12 a second: what a player holds in its buffer
and draws out while it waits for more."""


def nothing_came(before: list[Slot], after: list[Slot]) -> bool:
    """Not a packet; and of pictures and sound no more than the browser still had in hand."""
    return len(before) == len(after) > 0 and all(
        old.packets == new.packets and new.frames - old.frames <= 2 and new.energy - old.energy < IN_HAND
        for old, new in zip(before, after, strict=True)
    )


def mark_of(page: Page, seat: str) -> tuple[int, int] | None:
    """(frame number, person) shown in a person's tile right now; None while no picture is to be seen."""
    video = page.query_selector(f'[data-testid="tile-{seat}"] video')
    found = video.evaluate(_MARK) if video is not None and video.is_visible() else None
    return (found[0], found[1]) if found else None
