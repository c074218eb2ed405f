/** Recordings beneath the sitting they belong to. */

import type { RecordingRow, SessionRow } from "@/protocol/messages";

export interface Sitting {
  session: SessionRow | null;
  recordings: RecordingRow[];
}

/** Newest sitting first; recordings whose sitting is not listed come last, under none. */
export function bySitting(sessions: SessionRow[], recordings: RecordingRow[]): Sitting[] {
  const groups: Sitting[] = [...sessions]
    .sort((a, b) => b.number - a.number)
    .map((session) => ({ session, recordings: recordings.filter((one) => one.session === session.id) }));
  const known = new Set(sessions.map((session) => session.id));
  const stray = recordings.filter((one) => !known.has(one.session));
  return stray.length > 0 ? [...groups, { session: null, recordings: stray }] : groups;
}
