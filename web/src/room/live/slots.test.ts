import { describe, expect, it } from "vitest";
import type { PeerView, RoomView } from "@/protocol/messages";
import { audioLine, screenLine, tiles, videoLine } from "./slots";

function peer(changes: Partial<PeerView>): PeerView {
  return {
    seat: "seat_x",
    name: "某某",
    role: "party",
    side: "A",
    slot: 0,
    presence: "admitted",
    online: true,
    mic: true,
    camera: true,
    muted: false,
    hand: false,
    verified: false,
    media: "connected",
    apart: false,
    ...changes,
  };
}

function view(peers: PeerView[], changes: Partial<RoomView> = {}): RoomView {
  return { phase: "joint", peers, ...changes } as RoomView;
}

const only = (changes: Partial<PeerView>, room: Partial<RoomView> = {}) => {
  const [tile] = tiles(view([peer(changes)], room));
  if (!tile) throw new Error("no tile");
  return tile;
};

describe("the lines of a connection", () => {
  it("follow the three that send", () => {
    expect([0, 1, 6].map(audioLine)).toEqual([3, 5, 15]);
    expect([0, 1, 6].map(videoLine)).toEqual([4, 6, 16]);
  });

  it("never share a place", () => {
    const lines = [0, 1, 2, 3, 4, 5, 6].flatMap((slot) => [audioLine(slot), videoLine(slot)]);
    expect(new Set([...lines, screenLine(7)]).size).toBe(15);
    expect(screenLine(7)).toBe(Math.max(...lines) + 1);
  });
});

describe("tiles", () => {
  it("stand in a fixed order, whatever order the peers come in", () => {
    const peers = [
      peer({ seat: "n", side: null, role: "interpreter", slot: 1 }),
      peer({ seat: "b", side: "B", slot: 2 }),
      peer({ seat: "a2", side: "A", slot: 5, role: "lawyer" }),
      peer({ seat: "m", side: null, role: "mediator", slot: 3 }),
      peer({ seat: "a1", side: "A", slot: 4 }),
    ];
    expect(tiles(view(peers)).map((tile) => tile.seat)).toEqual(["m", "a1", "a2", "b", "n"]);
    expect(tiles(view([...peers].reverse())).map((tile) => tile.seat)).toEqual(["m", "a1", "a2", "b", "n"]);
  });

  it("show only the admitted", () => {
    expect(tiles(view([peer({ presence: "left" }), peer({ presence: "waiting" })]))).toEqual([]);
  });

  it("tell what a peer is doing", () => {
    expect(only({}).state).toBe("live");
    expect(only({ camera: false }).state).toBe("voice");
    expect(only({ media: "connecting" }).state).toBe("connecting");
    expect(only({ media: "failed" }).state).toBe("connecting");
    expect(only({ online: false }).state).toBe("away");
    expect(only({ slot: null }).state).toBe("here");
    expect(only({}, { phase: "paused" }).state).toBe("still");
    expect(only({}, { phase: "open" }).state).toBe("still");
    expect(only({}, { phase: "caucus", caucus: "member", caucus_side: "A" }).state).toBe("live");
    expect(only({}, { phase: "caucus", caucus: "other_side" }).state).toBe("still");
  });

  it("are silent and still behind a wall", () => {
    const tile = only({ apart: true, hand: true }, { phase: "caucus" });
    expect([tile.state, tile.audible, tile.hand]).toEqual(["apart", false, false]);
  });

  it("show nothing of those outside the reader's caucus, and everything of those inside", () => {
    const caucus = { phase: "caucus", caucus: "member", caucus_side: "A" } as const;
    const outsider = only({ side: "B" }, caucus);
    expect([outsider.state, outsider.audible]).toEqual(["outside", false]);
    expect(only({ side: null, role: "interpreter" }, caucus).state).toBe("outside");
    expect(only({ side: "A" }, caucus).state).toBe("live");
    expect(only({ side: null, role: "mediator" }, caucus).state).toBe("live");
  });

  it("are heard only when they speak, are not silenced, and something flows", () => {
    expect(only({}).audible).toBe(true);
    expect(only({ camera: false }).audible).toBe(true);
    expect(only({ mic: false }).audible).toBe(false);
    expect(only({ muted: true }).audible).toBe(false);
    expect(only({}, { phase: "paused" }).audible).toBe(false);
    expect(only({ slot: null }).audible).toBe(false);
  });
});
