/** Which cases stand on today's page. */

import type { CaseRow } from "@/protocol/messages";
import { dayOf } from "./format";

/** Somebody waits, a sitting is open, or it was registered today: what an officer turns to first. */
export function isToday(row: CaseRow, now: string): boolean {
  return row.status === "open" && (row.waiting > 0 || row.phase !== "idle" || dayOf(row.created_at) === dayOf(now));
}

/** Rooms with people waiting first, then open sittings, then as the server ordered them. */
export function byUrgency(rows: CaseRow[]): CaseRow[] {
  const weight = (row: CaseRow): number => (row.waiting > 0 ? 0 : row.phase !== "idle" ? 1 : 2);
  return [...rows].sort((a, b) => weight(a) - weight(b));
}
