import { describe, expect, it } from "vitest";
import { dateTime, duration, parseYuan, yuan } from "./format";

describe("parseYuan", () => {
  it.each([
    ["0.01", 1],
    ["1", 100],
    ["1.5", 150],
    ["1,234.56", 123_456],
    [" ¥ 3000 元 ", 300_000],
    ["１２．３０", 1230],
    ["4.35", 435],
    ["100000000", 10_000_000_000],
  ])("%j is %d fen", (text, fen) => {
    expect(parseYuan(text)).toBe(fen);
  });

  it.each(["", "0", "0.00", "-5", "1.234", "1.2.3", "一百", "1e3", "100000000.01", ".5", "5."])(
    "%j is none",
    (text) => {
      expect(parseYuan(text)).toBeNull();
    },
  );

  it("gives back what yuan wrote", () => {
    for (const fen of [1, 9, 10, 99, 100, 101, 12_345, 99_999_999, 10_000_000_000]) {
      expect(parseYuan(yuan(fen))).toBe(fen);
    }
  });
});

describe("yuan", () => {
  it("groups thousands", () => {
    expect(yuan(123_456_789)).toBe("1,234,567.89");
    expect(yuan(100)).toBe("1.00");
  });
});

describe("times", () => {
  it("are shown in Beijing time", () => {
    expect(dateTime("2026-03-01T16:05:00.000Z")).toBe("2026-03-02 00:05");
  });

  it("count up", () => {
    expect(duration(-1)).toBe("0:00");
    expect(duration(187_000)).toBe("3:07");
    expect(duration(3_729_000)).toBe("1:02:09");
  });
});
