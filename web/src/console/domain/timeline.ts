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
