/** How a seat's connection carried over a sitting, as an officer (or a lawyer) asks: could this person really hear? */

import type { SittingQuality } from "@/protocol/messages";

export type Hearing = "clear" | "mostly" | "partly" | "unknown";

const CLEAR = { concealed: 20, away: 20, loss: 30 };
const MOSTLY = { concealed: 50, away: 100, loss: 100 };
/** Less than this was not watched long enough to say anything. */
const LEAST_S = 20;
/** So much without a connection is the coming in, or one quick return. */
const SOON_S = 5;

/** Per thousand of the time in which the seat was to hear and had no connection. */
function away(row: SittingQuality): number {
  const missed = row.watched_s - row.connected_s;
  return missed <= SOON_S ? 0 : Math.round((1000 * missed) / Math.max(1, row.watched_s));
}

function within(row: SittingQuality, limit: typeof CLEAR): boolean {
  // Where the browser does not count made-up sound, what was lost on the way has to tell.
  const sound = row.concealed === null ? (row.down_loss_median ?? 0) < limit.loss : row.concealed < limit.concealed;
  return sound && away(row) < limit.away;
}

export function hearing(row: SittingQuality): Hearing {
  if (row.watched_s < LEAST_S || (row.connected_s > 0 && row.down_loss_median === null)) return "unknown";
  if (within(row, CLEAR)) return "clear";
  return within(row, MOSTLY) ? "mostly" : "partly";
}

/** Per thousand → "12" or "1.5", as a percentage without its sign. */
export function percent(permille: number): string {
  return String(permille / 10);
}
