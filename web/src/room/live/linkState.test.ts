import { describe, expect, it } from "vitest";
import { backoff, begin, heard, SILENCE_MS, step, type Link, type LinkEvent } from "./linkState";

const online: Link = { phase: "online", heard: 1000 };
const lost: Link = { phase: "lost", heard: 1000 };

describe("the link to the room", () => {
  it("asks for the state when connected, the first time and again", () => {
    expect(step(begin(0), { type: "connected" }, 5)).toEqual([{ phase: "online", heard: 5 }, "sync"]);
    expect(step(lost, { type: "connected" }, 2000)).toEqual([{ phase: "online", heard: 2000 }, "sync"]);
  });

  it("reconnects when the line drops", () => {
    expect(step(online, { type: "dropped" }, 2000)).toEqual([lost, "reconnect"]);
  });

  it("does not speak of a loss before it was ever there", () => {
    expect(step(begin(0), { type: "unreachable" }, 9)[0].phase).toBe("connecting");
    expect(step(lost, { type: "unreachable" }, 9)[0].phase).toBe("lost");
  });

  it("takes silence for a dead line, but only when it is too long", () => {
    const late = 1000 + SILENCE_MS;
    expect(step(online, { type: "tick", now: late }, late)).toEqual([online, null]);
    expect(step(online, { type: "tick", now: late + 1 }, late + 1)).toEqual([lost, "reconnect"]);
    expect(step(heard(online, late), { type: "tick", now: late + 1 }, late + 1)[1]).toBeNull();
  });

  it("does not reconnect twice for one loss", () => {
    expect(step(lost, { type: "tick", now: 10 ** 6 }, 10 ** 6)).toEqual([lost, null]);
  });

  it.each([
    [{ type: "replaced", why: "other_tab" }, "replaced"],
    [{ type: "replaced", why: "other_device" }, "replaced"],
    [{ type: "replaced", why: "removed" }, "removed"],
    [{ type: "refused" }, "refused"],
  ] as [LinkEvent, string][])("stops for good on %j", (event, phase) => {
    const [over, action] = step(online, event, 2000);
    expect([over.phase, action]).toEqual([phase, "stop"]);
    const later: LinkEvent[] = [{ type: "connected" }, { type: "dropped" }, { type: "tick", now: 10 ** 9 }];
    for (const next of later) expect(step(over, next, 3000)).toEqual([over, null]);
  });
});

describe("backoff", () => {
  it("doubles and stays bounded", () => {
    expect([0, 1, 2, 3, 4, 50].map(backoff)).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
  });
});
