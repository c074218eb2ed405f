/** A sitting on one line of time: lanes, steps, which film, what was played. All times in milliseconds of the sitting. */

import type { FilmRow, Stretch } from "@/protocol/messages";

/** What one byte of a lane stands for. */
const STEP_MS = 500;
const MOST_STRETCHES = 200;

export function levelsOf(base64: string): number[] {
  return Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** The loudest step (0–100) of each of so many columns over the whole length. */
function columnsOf(levels: number[], lengthMs: number, columns: number): number[] {
  const found = new Array<number>(columns).fill(0);
  if (lengthMs <= 0) return found;
  levels.forEach((level, step) => {
    const first = Math.floor((step * STEP_MS * columns) / lengthMs);
    const last = Math.ceil(((step + 1) * STEP_MS * columns) / lengthMs) - 1;
    for (let column = Math.max(0, first); column <= Math.min(columns - 1, Math.max(first, last)); column += 1) {
      found[column] = Math.max(found[column] ?? 0, level);
    }
  });
  return found;
}

/** A lane as the path of a picture `columns` wide and 100 high, one bar around its middle per column. */
export function laneShape(levels: number[], lengthMs: number, columns: number): string {
  return columnsOf(levels, lengthMs, columns)
    .map((level, x) => (level === 0 ? "" : `M${String(x)} ${String(50 - level / 2)}h1v${String(level)}h-1z`))
    .join("");
}

export function within(ms: number, lengthMs: number): number {
  return Math.min(Math.max(0, ms), Math.max(0, lengthMs));
}

/** Where a click at `x` of a lane `width` wide leads. */
export function msAt(x: number, width: number, lengthMs: number): number {
  return width <= 0 ? 0 : within(Math.round((x / width) * lengthMs), lengthMs);
}

export function percentAt(ms: number, lengthMs: number): number {
  return lengthMs <= 0 ? 0 : (within(ms, lengthMs) / lengthMs) * 100;
}

/** The step of an arrow key in milliseconds; null for another key. */
export function stepOf(key: string, shift: boolean): number | null {
  if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
  return (shift ? 30_000 : 5_000) * (key === "ArrowLeft" ? -1 : 1);
}

export function playable(film: FilmRow): boolean {
  return film.status === "ready" || film.status === "partial";
}

/** Films to choose from, everybody in one picture first. */
export function inOrder(films: FilmRow[]): FilmRow[] {
  const rank = (film: FilmRow) => (film.composite ? 0 : film.screen ? 2 : 1);
  return [...films].sort((a, b) => rank(a) - rank(b));
}

/** The wanted seat's film if there is one, else the first. */
export function firstFilm(films: FilmRow[], seat: string): FilmRow | null {
  const ready = inOrder(films).filter(playable);
  const wanted = ready.find((film) => seat !== "" && !film.screen && !film.composite && film.seats.includes(seat));
  return wanted ?? ready[0] ?? null;
}

/** Puts together which parts of a film were played from the places that a player tells. */
export class Played {
  private readonly found: Stretch[] = [];
  private open: Stretch | null = null;

  /** The player runs and is here. */
  at(ms: number): void {
    const place = Math.max(0, Math.round(ms));
    if (this.open !== null && place >= this.open.until_ms && place - this.open.until_ms < 2000) {
      this.open.until_ms = place;
      return;
    }
    this.stop();
    this.open = { from_ms: place, until_ms: place };
  }

  /** It stopped or is about to jump. */
  stop(): void {
    if (this.open !== null && this.open.until_ms > this.open.from_ms && this.found.length < MOST_STRETCHES) {
      this.found.push(this.open);
    }
    this.open = null;
  }

  /** Everything so far, once. */
  take(): Stretch[] {
    this.stop();
    return this.found.splice(0);
  }
}
