import { describe, expect, it } from "vitest";
import type { FilmRow } from "@/protocol/messages";
import { firstFilm, inOrder, laneShape, levelsOf, msAt, percentAt, Played, stepOf, within } from "./watching";

function film(id: string, changes: Partial<FilmRow> = {}): FilmRow {
  return {
    id,
    seats: [`seat_${id}`],
    names: [id],
    screen: false,
    composite: false,
    status: "ready",
    duration_ms: 10_000,
    note: "",
    content: `/${id}`,
    speech: "",
    ...changes,
  };
}

/** The bars of a lane: column and height. */
function bars(shape: string): [number, number][] {
  return [...shape.matchAll(/M(\d+) [\d.]+h1v(\d+)h-1z/g)].map((bar) => [Number(bar[1]), Number(bar[2])]);
}

describe("a lane", () => {
  it("shows each half second where it was", () => {
    expect(bars(laneShape([0, 80, 0, 30], 2000, 4))).toEqual([
      [1, 80],
      [3, 30],
    ]);
  });

  it("keeps the loudest where many half seconds share a column", () => {
    expect(bars(laneShape([10, 90, 0, 0, 5, 40], 3000, 3))).toEqual([
      [0, 90],
      [2, 40],
    ]);
  });

  it("fills every column of a short sitting, and only as far as the film goes", () => {
    expect(bars(laneShape([50], 1000, 10)).map(([column]) => column)).toEqual([0, 1, 2, 3, 4]);
  });

  it("is empty without length or sound", () => {
    expect(laneShape([50], 0, 10)).toBe("");
    expect(laneShape([], 1000, 10)).toBe("");
  });

  it("is read from Base64", () => {
    expect(levelsOf("AGT/")).toEqual([0, 100, 255]);
    expect(levelsOf("")).toEqual([]);
  });
});

describe("places", () => {
  it("lead from a click to a moment and back", () => {
    expect(msAt(150, 600, 60_000)).toBe(15_000);
    expect(percentAt(15_000, 60_000)).toBe(25);
    expect(msAt(-5, 600, 60_000)).toBe(0);
    expect(msAt(700, 600, 60_000)).toBe(60_000);
    expect(msAt(1, 0, 60_000)).toBe(0);
    expect(percentAt(5, 0)).toBe(0);
    expect(within(-1, 10)).toBe(0);
  });

  it("move by five seconds, with shift by thirty", () => {
    expect(stepOf("ArrowLeft", false)).toBe(-5000);
    expect(stepOf("ArrowRight", true)).toBe(30_000);
    expect(stepOf("Enter", true)).toBeNull();
  });
});

describe("the film to begin with", () => {
  const all = [film("a"), film("s", { screen: true, seats: ["seat_a"] }), film("b"), film("w", { composite: true })];

  it("is the wanted seat's", () => {
    expect(firstFilm(all, "seat_b")?.id).toBe("b");
    expect(firstFilm(all, "seat_a")?.id).toBe("a");
  });

  it("is everybody's where nobody is wanted, or has none", () => {
    expect(firstFilm(all, "")?.id).toBe("w");
    expect(firstFilm(all, "seat_x")?.id).toBe("w");
    expect(inOrder(all).map((one) => one.id)).toEqual(["w", "a", "b", "s"]);
  });

  it("is one that can be played", () => {
    expect(firstFilm([film("a", { status: "processing" }), film("b", { status: "partial" })], "seat_a")?.id).toBe("b");
    expect(firstFilm([film("a", { status: "failed" })], "")).toBeNull();
  });
});

describe("what was played", () => {
  it("is one stretch while the player runs, and another after a jump", () => {
    const played = new Played();
    for (const ms of [0, 250, 500, 750]) played.at(ms);
    played.stop();
    for (const ms of [9000, 9250]) played.at(ms);
    expect(played.take()).toEqual([
      { from_ms: 0, until_ms: 750 },
      { from_ms: 9000, until_ms: 9250 },
    ]);
    expect(played.take()).toEqual([]);
  });

  it("parts by itself at a leap or a step back", () => {
    const played = new Played();
    for (const ms of [1000, 1500, 8000, 8500, 8200, 8400]) played.at(ms);
    expect(played.take().map(({ from_ms, until_ms }) => [from_ms, until_ms])).toEqual([
      [1000, 1500],
      [8000, 8500],
      [8200, 8400],
    ]);
  });

  it("stays bounded", () => {
    const played = new Played();
    for (let n = 0; n < 500; n += 1) {
      played.at(n * 10_000);
      played.at(n * 10_000 + 500);
    }
    expect(played.take()).toHaveLength(200);
  });
});
