import { describe, expect, it } from "vitest";
import { formatInviteCode, isWholeInviteCode } from "./inviteCode";

describe("formatInviteCode", () => {
  it.each([
    ["", ""],
    ["ab3", "AB3"],
    ["ab34", "AB34"],
    ["ab34c", "AB34-C"],
    ["AB34-CDEF", "AB34-CDEF"],
    ["ab34 cdef", "AB34-CDEF"],
    ["ＡＢ３４ｃｄｅｆ", "AB34-CDEF"],
    ["AB34CDEFGH", "AB34-CDEF"],
    ["O0I1L!é", ""],
  ])("%j becomes %j", (typed, shown) => {
    expect(formatInviteCode(typed)).toBe(shown);
  });

  it("is settled after one pass", () => {
    const once = formatInviteCode("q7-we r2t9");
    expect(formatInviteCode(once)).toBe(once);
  });

  it("knows a whole code", () => {
    expect(isWholeInviteCode("AB34-CDEF")).toBe(true);
    expect(isWholeInviteCode("AB34-CDE")).toBe(false);
  });
});
