import { describe, expect, it } from "vitest";
import { between, look, NOTHING, still, type Inbound } from "./qualityStats";

function sound(track: string, concealedSamples: number, totalSamplesReceived: number): Inbound {
  return { type: "inbound-rtp", kind: "audio", trackIdentifier: track, concealedSamples, totalSamplesReceived };
}
function picture(track: string, framesDecoded: number, freezeCount = 0, totalFreezesDuration = 0): Inbound {
  return {
    type: "inbound-rtp",
    kind: "video",
    trackIdentifier: track,
    framesDecoded,
    freezeCount,
    totalFreezesDuration,
  };
}
const tracks = new Set(["a1", "a2", "v1", "v2"]);

describe("a look", () => {
  it("counts the given tracks only, and only what comes in", () => {
    const stats = [sound("a1", 10, 1000), sound("idle", 900, 1000), { ...picture("v2", 5), type: "outbound-rtp" }];
    expect(look(stats, tracks)).toEqual(new Map([["a1", { ...NOTHING, concealed: 10, heard: 1000 }]]));
    expect(look([picture("v1", 30, 1, 0.4)], tracks).get("v1")).toEqual({
      ...NOTHING,
      freezes: 1,
      frozenMs: 400,
      frames: 30,
    });
  });

  it("tells nothing where the browser does not count", () => {
    const stats = [
      { type: "inbound-rtp", kind: "audio", trackIdentifier: "a1", totalSamplesReceived: 99 },
      { type: "inbound-rtp", kind: "video", trackIdentifier: "v1" },
    ];
    expect([...look(stats, tracks).values()]).toEqual([NOTHING, NOTHING]);
  });
});

describe("the difference of two looks", () => {
  it("is what came between", () => {
    const before = look([sound("a1", 10, 1000), picture("v1", 30, 1, 0.4)], tracks);
    const after = look([sound("a1", 30, 2000), picture("v1", 60, 3, 1.4)], tracks);
    expect(between(before, after)).toEqual({ freezes: 2, frozenMs: 1000, concealed: 20, heard: 1000, frames: 30 });
  });

  it("leaves out the past of a track that counts only now", () => {
    const before = look([sound("a1", 10, 1000)], tracks);
    const after = look([sound("a1", 10, 1500), sound("a2", 90_000, 90_000)], tracks);
    expect(between(before, after)).toEqual({ ...NOTHING, heard: 500 });
  });

  it("is never negative, and never more concealed than heard", () => {
    const before = look([sound("a1", 10, 1000), picture("v1", 30, 5, 2)], tracks);
    const after = look([sound("a1", 500, 900), picture("v1", 3)], tracks);
    expect(between(before, after)).toEqual(NOTHING);
  });
});

describe("a picture stands still", () => {
  it("when the same track has no new frame", () => {
    const before = look([picture("v1", 30), picture("v2", 10)], tracks);
    const after = look([picture("v1", 30), picture("v2", 11)], tracks);
    expect(still(before, after, ["v1", "v2"])).toEqual(["v1"]);
    expect(still(before, after, ["v2"])).toEqual([]);
  });

  it("not when it has only just come", () => {
    expect(still(new Map(), look([picture("v1", 0)], tracks), ["v1"])).toEqual([]);
  });
});
