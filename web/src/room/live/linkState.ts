/** The life of the connection to the room, as a pure state machine: what happened → where we stand and what to do. */

type LinkPhase = "connecting" | "online" | "lost" | "replaced" | "removed" | "refused";

export type LinkEvent =
  | { type: "connected" }
  | { type: "dropped" }
  | { type: "unreachable" }
  | { type: "refused" }
  | { type: "replaced"; why: "other_tab" | "other_device" | "removed" }
  | { type: "tick"; now: number };

export type LinkAction = "sync" | "reconnect" | "stop" | null;

export interface Link {
  phase: LinkPhase;
  /** When something was last heard from the server (ms). */
  heard: number;
}

/** The server beats at least every five seconds; after this long without a word the line is dead. */
export const SILENCE_MS = 12_000;

const OVER: readonly LinkPhase[] = ["replaced", "removed", "refused"];

export function begin(now: number): Link {
  return { phase: "connecting", heard: now };
}

export function heard(link: Link, now: number): Link {
  return { ...link, heard: now };
}

export function step(link: Link, event: LinkEvent, now: number): [Link, LinkAction] {
  if (OVER.includes(link.phase)) return [link, null];
  switch (event.type) {
    case "connected":
      return [{ phase: "online", heard: now }, "sync"];
    case "dropped":
      return [{ ...link, phase: link.phase === "connecting" ? "connecting" : "lost" }, "reconnect"];
    case "unreachable":
      return [{ ...link, phase: link.phase === "connecting" ? "connecting" : "lost" }, null];
    case "refused":
      return [{ ...link, phase: "refused" }, "stop"];
    case "replaced":
      return [{ ...link, phase: event.why === "removed" ? "removed" : "replaced" }, "stop"];
    case "tick":
      if (link.phase === "online" && event.now - link.heard > SILENCE_MS) {
        return [{ ...link, phase: "lost" }, "reconnect"];
      }
      return [link, null];
  }
}

/** Pause before try number `attempt` (from 0): half a second, doubling, at most eight. */
export function backoff(attempt: number): number {
  return Math.min(500 * 2 ** Math.max(0, attempt), 8000);
}
