import { describe, expect, it } from "vitest";
import type { RecordingRow } from "@/protocol/messages";
import { asking, sealedLines } from "./custody";

const row = (changes: Partial<RecordingRow>): RecordingRow =>
  ({
    id: "sgm_1",
    session: "ses_1",
    seats: ["王五", ""],
    screen: false,
    status: "sealed",
    started_at: "2026-03-01T01:30:00.000Z",
    duration_ms: null,
    note: "",
    ...changes,
  }) as RecordingRow;

describe("sealed lines", () => {
  it("are those of caucuses alone, named by who and when", () => {
    const lines = sealedLines([row({}), row({ id: "rec_1", status: "ready" }), row({ id: "sgm_2", started_at: null })]);
    expect(lines.map((line) => [line.id, line.session, line.text("、")])).toEqual([
      ["sgm_1", "ses_1", "王五 09:30"],
      ["sgm_2", "ses_1", "王五"],
    ]);
  });
});

describe("a question", () => {
  it("knows whether it is a second person's decision", () => {
    expect([asking("unseal", "a").decides, asking("decideDeletion", "b").decides]).toEqual([false, true]);
  });
});
