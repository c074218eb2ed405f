/** What an entry of the timeline is about, from its payload. */

/** Whose matter it is (a seat, a party), and words to look up for what it concerns. */
export interface About {
  person: string | null;
  keys: string[];
}

const LOOKED_UP: [name: string, prefix: string][] = [
  ["cause", "console.cause"],
  ["field", "console.field"],
  ["fields", "console.field"],
  ["matter", "console.seats.consent"],
  ["outcome", "console.outcome"],
  ["role", "shared.role"],
  ["side", "shared.side"],
];

function texts(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((one): one is string => typeof one === "string" && /^[A-Za-z_]+$/.test(one));
}

export function aboutOf(payload: Record<string, unknown> | null): About {
  const known = payload ?? {};
  const person = known.party ?? known.seat ?? known.person;
  return {
    person: typeof person === "string" ? person : null,
    keys: LOOKED_UP.flatMap(([name, prefix]) => texts(known[name]).map((one) => `${prefix}.${one}`)),
  };
}

/** How many entries of captured data a line stands for; 0 for a line that is no such. */
export function registeredOf(row: { act: string; times?: number }): number {
  const n = row.times ?? 1;
  return row.act === "recording.heads" || (row.act === "recording.segment" && n > 1) ? n : 0;
}

/** The sitting whose recording's manifest an entry names. */
export function manifestOf(row: { act: string; payload: Record<string, unknown> | null }): string | null {
  const session = row.act === "recording.manifest" ? row.payload?.session : null;
  return typeof session === "string" ? session : null;
}

/** A stretch of time that an entry tells of, and who was concerned. */
export interface Stretch {
  from: string;
  until: string;
  seconds: number;
  seats: string[];
}

export function stretchOf(payload: Record<string, unknown> | null): Stretch | null {
  const { from, until, seats } = payload ?? {};
  if (typeof from !== "string" || typeof until !== "string") return null;
  const seconds = (Date.parse(until) - Date.parse(from)) / 1000;
  if (Number.isNaN(seconds)) return null;
  const known = Array.isArray(seats) ? seats.filter((seat) => typeof seat === "string") : [];
  return { from, until, seconds: Math.max(1, Math.ceil(seconds)), seats: known };
}
