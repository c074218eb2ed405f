/** Changing a case: only what was touched is sent. */

import type { CaseChanges } from "@/protocol/messages";
import type { FieldMessages } from "./caseForm";
import { fromLocalInput } from "./format";

export interface CaseEdit {
  cause: string;
  happenedAt: string;
  place: string;
  facts: string;
  community: string;
}

/**
 * The changes against the revision that was seen, or null when nothing differs. Facts that were hidden start empty:
 * left empty they stay as they are.
 */
export function caseChanges(
  before: CaseEdit,
  after: CaseEdit,
  revision: number,
): { changes: CaseChanges | null; problems: FieldMessages } {
  const problems: FieldMessages = {};
  const changes: CaseChanges = { revision };
  for (const field of ["cause", "place", "facts"] as const) {
    const value = after[field].trim();
    if (value === before[field].trim()) continue;
    if (value === "") problems[field] = "required";
    else changes[field] = value;
  }
  if (after.community.trim() !== before.community.trim()) changes.community = after.community.trim();
  if (after.happenedAt !== before.happenedAt) {
    const time = fromLocalInput(after.happenedAt);
    if (time === null) problems.happened_at = "time";
    else changes.happened_at = time;
  }
  return { changes: Object.keys(changes).length > 1 ? changes : null, problems };
}
