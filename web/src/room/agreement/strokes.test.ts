import { describe, expect, it } from "vitest";
import { isSlip, refit, toProtocol } from "./strokes";

const point = (x: number, y: number, pressure = 0.5, time = 1000.4) => ({ x, y, pressure, time });

describe("toProtocol", () => {
  it("keeps points, rounds, and bounds the pressure", () => {
    expect(toProtocol([{ points: [point(1.23456, 2, 7, 99.6)] }])).toEqual([
      [{ x: 1.23, y: 2, pressure: 1, time: 100 }],
    ]);
    expect(toProtocol([{ points: [point(1, 2, 0)] }])[0]?.[0]?.pressure).toBe(0.5);
  });

  it("leaves nothing else of what the pad keeps", () => {
    const stroke = { points: [{ ...point(1, 2), colour: "red" }], penColor: "black" };
    expect(Object.keys(toProtocol([stroke])[0]?.[0] ?? {})).toEqual(["x", "y", "pressure", "time"]);
  });

  it("drops empty strokes", () => {
    expect(toProtocol([{ points: [] }])).toEqual([]);
  });
});

describe("isSlip", () => {
  const line = (length: number) => toProtocol([{ points: [point(0, 0), point(length, 0)] }]);

  it("takes a dot for a slip, a name for none", () => {
    expect(isSlip(toProtocol([{ points: [point(5, 5)] }]), 200)).toBe(true);
    expect(isSlip(line(79), 200)).toBe(true);
    expect(isSlip(line(81), 200)).toBe(false);
  });

  it("does not count the way between strokes", () => {
    expect(isSlip(toProtocol([{ points: [point(0, 0)] }, { points: [point(190, 0)] }]), 200)).toBe(true);
  });
});

describe("refit", () => {
  it("scales alike in both directions and stays inside", () => {
    const [stroke] = refit([{ points: [point(300, 600)] }], { w: 300, h: 600 }, { w: 600, h: 300 });
    expect(stroke?.points[0]).toMatchObject({ x: 150, y: 300 });
  });
});
