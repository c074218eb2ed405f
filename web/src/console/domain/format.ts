/** Times, masks and codes as an officer reads them, beyond what the shared formats say. */

import { dateTime } from "@/shared/format";

/** The zone of `@/shared/format`, which knows no daylight saving time. */
const OFFSET = "+08:00";

/** "2026-03-01 09:30" in the station's zone; an empty string for a time that is not known. */
export function minuteOf(iso: string | null | undefined): string {
  return iso && !Number.isNaN(Date.parse(iso)) ? dateTime(iso) : "";
}

/** "09:30:05" in the station's zone. */
export function clockOf(iso: string): string {
  const moment = Date.parse(iso);
  return Number.isNaN(moment)
    ? ""
    : `${dateTime(iso).slice(11)}:${String(Math.floor(moment / 1000) % 60).padStart(2, "0")}`;
}

/** The calendar day in the station's zone. */
export function dayOf(iso: string | null | undefined): string {
  return minuteOf(iso).slice(0, 10);
}

/** For `<input type="datetime-local">`: the station's wall clock. */
export function toLocalInput(iso: string): string {
  return minuteOf(iso).replace(" ", "T");
}

/** The stored form of a wall clock time typed into a form: UTC with milliseconds; null if it is no time. */
export function fromLocalInput(local: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(local)) return null;
  const date = new Date(local + OFFSET);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** Whether a value on screen hides something. */
export function isMasked(value: string): boolean {
  return /[*＊•●]/.test(value);
}

/** The six digits of a notice that carries a one-time code. */
export function codeIn(text: string): string | null {
  return /(?:^|\D)(\d{6})(?:\D|$)/.exec(text)?.[1] ?? null;
}

/** How long to wait, in seconds, when a refusal says so. */
export function secondsIn(detail: string): number {
  return Number(/retry after (\d+)/.exec(detail)?.[1] ?? 0);
}
