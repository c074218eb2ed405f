/** How far somebody came on the way in, kept per tab so that a reload returns to the same step. */

export type PartyStep = "welcome" | "name" | "identify";

export interface PartyProgress {
  secret: string;
  step: PartyStep;
  name: string;
  /** When another code may be asked for (ms since the epoch). */
  resendAt: number;
}

export interface SeatProgress {
  noticeRead: boolean;
  devicesChecked: boolean;
  mic: boolean;
  camera: boolean;
  waitingSince: number | null;
}

const PARTY = "heshi.entry";
const seatKey = (seat: string) => `heshi.seat.${seat}`;

function read<T>(key: string): T | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null") as T | null;
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Without storage a reload begins again; nothing else is lost.
  }
}

/** Takes the secret out of the address bar, where it would stay in history and screenshots. */
export function takeParty(): PartyProgress | null {
  const secret = decodeURIComponent(location.hash.slice(1));
  if (secret !== "") history.replaceState(null, "", location.pathname);
  const kept = read<PartyProgress>(PARTY);
  if (secret === "" || secret === kept?.secret) return kept;
  return { secret, step: "welcome", name: "", resendAt: 0 };
}

export function keepParty(progress: PartyProgress): void {
  write(PARTY, progress);
}

export function dropParty(): void {
  try {
    sessionStorage.removeItem(PARTY);
  } catch {
    // Nothing was stored, then.
  }
}

export function seatProgress(seat: string): SeatProgress {
  const fresh = {
    noticeRead: false,
    devicesChecked: false,
    mic: true,
    camera: true,
    waitingSince: null,
  };
  return { ...fresh, ...read<Partial<SeatProgress>>(seatKey(seat)) };
}

export function keepSeat(seat: string, progress: SeatProgress): void {
  write(seatKey(seat), progress);
}

async function fingerprint(secret: string): Promise<string | null> {
  if (!globalThis.crypto?.subtle) return null;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`heshi.link.${secret}`));
  return `heshi.link.${[...new Uint8Array(digest.slice(0, 12))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** People tap the same link again to come back: remembers (by a hash of the secret) which seat it led this browser to. */
export async function rememberLink(secret: string, seat: string): Promise<void> {
  const key = await fingerprint(secret);
  try {
    if (key) localStorage.setItem(key, seat);
  } catch {
    // Then the person identifies once more.
  }
}

export async function seatOfLink(secret: string): Promise<string | null> {
  const key = await fingerprint(secret);
  try {
    return key ? localStorage.getItem(key) : null;
  } catch {
    return null;
  }
}
