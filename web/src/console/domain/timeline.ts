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
