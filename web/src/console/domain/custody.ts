/** What is asked about sealed, held or deleted recordings, and how a sealed line is named. */

import type { RecordingRow } from "@/protocol/messages";
import { minuteOf } from "./format";

type Act = "unseal" | "decideUnsealing" | "hold" | "lift" | "delete" | "decideDeletion";

/** A dialog that is open: the act, and the id of what it is about. */
export interface Asking {
  act: Act;
  id: string;
  /** A second person's decision rather than a request. */
  decides: boolean;
}

export function asking(act: Act, id: string): Asking {
  return { act, id, decides: act === "decideUnsealing" || act === "decideDeletion" };
}

export interface SealedLine {
  id: string;
  session: string;
  text: (comma: string) => string;
}

/** The sealed lines of a case: who, and from when. */
export function sealedLines(recordings: RecordingRow[]): SealedLine[] {
  return recordings
    .filter((row) => row.status === "sealed")
    .map((row) => ({
      id: row.id,
      session: row.session,
      text: (comma) =>
        [row.seats.filter((name) => name !== "").join(comma), minuteOf(row.started_at).slice(11)]
          .filter((one) => one !== "")
          .join(" "),
    }));
}
