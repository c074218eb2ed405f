/** What `getStats` tells of received sound and pictures, by track; pure. */

/** A track's counters since its connection began. */
export interface Counts {
  freezes: number;
  frozenMs: number;
  concealed: number;
  heard: number;
  frames: number;
}

/** Counters by track id. */
export type Look = ReadonlyMap<string, Counts>;

/** The fields of an inbound stream that are read here; which of them exist differs between browsers. */
export interface Inbound {
  type: string;
  kind?: string;
  trackIdentifier?: string;
  freezeCount?: number;
  totalFreezesDuration?: number;
  concealedSamples?: number;
  totalSamplesReceived?: number;
  framesDecoded?: number;
}

export const NOTHING: Counts = { freezes: 0, frozenMs: 0, concealed: 0, heard: 0, frames: 0 };

/** The counters of these tracks; others (an empty slot's silence is "concealed", too) do not count. */
export function look(stats: Iterable<Inbound>, tracks: ReadonlySet<string>): Look {
  const found = new Map<string, Counts>();
  for (const one of stats) {
    if (one.type !== "inbound-rtp" || !tracks.has(one.trackIdentifier ?? "")) continue;
    const concealment = one.kind === "audio" && one.concealedSamples !== undefined;
    found.set(one.trackIdentifier ?? "", {
      freezes: one.freezeCount ?? 0,
      frozenMs: Math.round((one.totalFreezesDuration ?? 0) * 1000),
      concealed: concealment ? (one.concealedSamples ?? 0) : 0,
      heard: concealment ? (one.totalSamplesReceived ?? 0) : 0,
      frames: one.framesDecoded ?? 0,
    });
  }
  return found;
}

export function plus(one: Counts, other: Counts): Counts {
  return {
    freezes: one.freezes + other.freezes,
    frozenMs: one.frozenMs + other.frozenMs,
    concealed: one.concealed + other.concealed,
    heard: one.heard + other.heard,
    frames: one.frames + other.frames,
  };
}

/** What came between two looks, over the tracks that counted in both. */
export function between(before: Look, after: Look): Counts {
  let sum = NOTHING;
  for (const [track, now] of after) {
    const then = before.get(track);
    if (then) {
      const heard = Math.max(0, now.heard - then.heard);
      sum = plus(sum, {
        freezes: Math.max(0, now.freezes - then.freezes),
        frozenMs: Math.max(0, now.frozenMs - then.frozenMs),
        concealed: Math.min(heard, Math.max(0, now.concealed - then.concealed)),
        heard,
        frames: Math.max(0, now.frames - then.frames),
      });
    }
  }
  return sum;
}

/** Those of the tracks whose picture has not moved since the look before. */
export function still(before: Look, after: Look, pictures: Iterable<string>): string[] {
  return [...pictures].filter((track) => {
    const [then, now] = [before.get(track), after.get(track)];
    return then !== undefined && now !== undefined && then.frames === now.frames;
  });
}
