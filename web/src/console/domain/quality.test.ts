import { describe, expect, it } from "vitest";
import type { SittingQuality } from "@/protocol/messages";
import { hearing, percent } from "./quality";

const WELL: SittingQuality = {
  seat: "seat_a",
  watched_s: 1800,
  connected_s: 1795,
  reconnects: 0,
  down_loss_median: 0,
  down_loss_worst: 40,
  up_loss_median: 0,
  up_loss_worst: 10,
  rtt_median_ms: 40,
  rtt_worst_ms: 200,
  picture_low: 0,
  picture_none: 0,
  concealed: 3,
  freezes: 0,
  frozen_s: 0,
};

describe("could this person hear", () => {
  it("clearly, when hardly anything was made up or missed", () => {
    expect(hearing(WELL)).toBe("clear");
    expect(hearing({ ...WELL, picture_none: 900, freezes: 50 })).toBe("clear");
  });

  it("less, the more was made up", () => {
    expect(hearing({ ...WELL, concealed: 20 })).toBe("mostly");
    expect(hearing({ ...WELL, concealed: 50 })).toBe("partly");
  });

  it("less, the longer there was no connection", () => {
    expect(hearing({ ...WELL, connected_s: 1700 })).toBe("mostly");
    expect(hearing({ ...WELL, connected_s: 1000 })).toBe("partly");
    expect(hearing({ ...WELL, connected_s: 0, concealed: null, down_loss_median: null })).toBe("partly");
  });

  it("by the loss, where the browser does not count", () => {
    expect(hearing({ ...WELL, concealed: null })).toBe("clear");
    expect(hearing({ ...WELL, concealed: null, down_loss_median: 50 })).toBe("mostly");
    expect(hearing({ ...WELL, concealed: null, down_loss_median: 200 })).toBe("partly");
  });

  it("nobody can say, when it was hardly watched", () => {
    expect(hearing({ ...WELL, watched_s: 15, connected_s: 15 })).toBe("unknown");
    expect(hearing({ ...WELL, watched_s: 40, connected_s: 36 })).toBe("clear");
  });
});

it("says shares as percentages", () => {
  expect([percent(0), percent(15), percent(1000)]).toEqual(["0", "1.5", "100"]);
});
