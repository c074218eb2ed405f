import { describe, expect, it } from "vitest";
import type { CaseRow, InviteRow, OrganView, RecordingRow, SessionRow } from "@/protocol/messages";
import { caseChanges } from "./caseEdit";
import { byUrgency, isToday } from "./caseList";
import { consentState } from "./consents";
import { codeIn, dayOf, fromLocalInput, isMasked, minuteOf, secondsIn, toLocalInput } from "./format";
import { inviteStanding, linkStanding } from "./links";
import { treeLines } from "./organs";
import { bySitting } from "./recordings";

const NOW = "2026-03-01T04:00:00.000Z";

function row(changes: Partial<CaseRow>): CaseRow {
  return {
    id: "case_1",
    number: "1",
    track: "ZA",
    cause: "",
    created_at: "2026-01-01T00:00:00.000Z",
    status: "open",
    outcome: null,
    officer_name: "",
    parties: [],
    phase: "idle",
    waiting: 0,
    ...changes,
  };
}

describe("today's page", () => {
  it("holds what was registered today in the station's zone, and whatever is under way", () => {
    expect(isToday(row({}), NOW)).toBe(false);
    expect(isToday(row({ created_at: "2026-02-28T16:30:00.000Z" }), NOW)).toBe(true);
    expect(isToday(row({ created_at: "2026-02-28T15:30:00.000Z" }), NOW)).toBe(false);
    expect(isToday(row({ waiting: 1 }), NOW)).toBe(true);
    expect(isToday(row({ phase: "paused" }), NOW)).toBe(true);
    expect(isToday(row({ waiting: 1, status: "closed" }), NOW)).toBe(false);
  });

  it("puts waiting people first", () => {
    const rows = [row({ id: "a" }), row({ id: "b", phase: "joint" }), row({ id: "c", waiting: 2 }), row({ id: "d" })];
    expect(byUrgency(rows).map((one) => one.id)).toEqual(["c", "b", "a", "d"]);
  });
});

describe("times", () => {
  it("are shown in the station's zone, and unknown ones not at all", () => {
    expect(minuteOf("2026-02-28T16:05:59.000Z")).toBe("2026-03-01 00:05");
    expect(dayOf("2026-02-28T16:05:59.000Z")).toBe("2026-03-01");
    expect([minuteOf(""), minuteOf(null), minuteOf("soon")]).toEqual(["", "", ""]);
  });

  it("go into a form and come back the same", () => {
    const iso = "2026-02-28T16:05:00.000Z";
    expect(fromLocalInput(toLocalInput(iso))).toBe(iso);
    expect([fromLocalInput(""), fromLocalInput("2026-13-01T00:00"), fromLocalInput("2026-01-01")]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

it("reads codes, waits and masks", () => {
  expect(codeIn("验证码 482913，10 分钟内有效")).toBe("482913");
  expect(codeIn("电话 13812345678")).toBeNull();
  expect(secondsIn("retry after 14 s")).toBe(14);
  expect(secondsIn("")).toBe(0);
  expect([isMasked("138****1234"), isMasked("张伟")]).toEqual([true, false]);
});

describe("links and codes", () => {
  const later = "2026-03-02T00:00:00.000Z";
  const earlier = "2026-02-02T00:00:00.000Z";

  it("stand as new, opened, locked or expired", () => {
    expect(linkStanding(null, NOW)).toBe("none");
    expect(linkStanding({ expires_at: later, opened: false, locked: false }, NOW)).toBe("valid");
    expect(linkStanding({ expires_at: later, opened: true, locked: true }, NOW)).toBe("locked");
    expect(linkStanding({ expires_at: earlier, opened: true, locked: true }, NOW)).toBe("expired");
    expect(linkStanding({ expires_at: later, opened: true, locked: false }, NOW)).toBe("opened");
  });

  it("are used up when counted out", () => {
    const code: InviteRow = {
      id: "i",
      role: "lawyer",
      side: "A",
      expires_at: later,
      uses: 1,
      max_uses: 2,
    };
    expect(inviteStanding(code, NOW)).toBe("valid");
    expect(inviteStanding({ ...code, uses: 2 }, NOW)).toBe("used");
    expect(inviteStanding({ ...code, uses: 2, expires_at: earlier }, NOW)).toBe("expired");
  });
});

describe("editing a case", () => {
  const before = { cause: "噪声", happenedAt: "2026-03-01T09:30", place: "和平路", facts: "", community: "一社区" };

  it("sends only what was touched", () => {
    expect(caseChanges(before, before, 7)).toEqual({ changes: null, problems: {} });
    expect(caseChanges(before, { ...before, place: " 解放路 ", community: "" }, 7).changes).toEqual({
      revision: 7,
      place: "解放路",
      community: "",
    });
    expect(caseChanges(before, { ...before, facts: "推搡" }, 7).changes).toEqual({ revision: 7, facts: "推搡" });
  });

  it("refuses to empty what a case must have", () => {
    expect(caseChanges(before, { ...before, cause: " ", happenedAt: "" }, 7).problems).toEqual({
      cause: "required",
      happened_at: "time",
    });
  });
});

it("tells consent, refusal and silence apart", () => {
  const consents = { online: true, esign: false };
  expect(consentState(consents, "online")).toBe("given");
  expect(consentState(consents, "esign")).toBe("declined");
  expect(consentState(consents, "recording")).toBe("open");
});

it("lays the organs out as a tree, also when the top is out of sight", () => {
  const organ = (id: string, parent: string | null): OrganView => ({ id, parent, name: id, kind: "station" });
  const lines = treeLines([organ("c", "b"), organ("b", "hidden"), organ("d", "b"), organ("e", null)]);
  expect(lines.map(({ organ: { id }, depth }) => `${id}${String(depth)}`)).toEqual(["b0", "c1", "d1", "e0"]);
});

it("puts recordings beneath their sitting", () => {
  const session = (id: string, number: number) => ({ id, number }) as SessionRow;
  const recording = (id: string, of: string) => ({ id, session: of }) as RecordingRow;
  const groups = bySitting([session("s1", 1), session("s2", 2)], [recording("r1", "s1"), recording("r2", "gone")]);
  expect(groups.map((group) => [group.session?.id, group.recordings.map((one) => one.id)])).toEqual([
    ["s2", []],
    ["s1", ["r1"]],
    [undefined, ["r2"]],
  ]);
});
