import { describe, expect, it } from "vitest";
import { carriesAll, turn } from "./handover";

describe("the connection in hand", () => {
  it("stays while its placement does, whatever became of the socket", () => {
    expect(turn(3, 3, 0)).toBe("keep");
    expect(turn(3, 3, 2)).toBe("keep");
    expect(turn(3, 2, 1)).toBe("keep");
  });
  it("is kept until its successor carries only when the room was moved in good order", () => {
    expect(turn(3, 4, 3)).toBe("succeed");
  });
  it("ends at once when its worker was lost, or more than one move was missed", () => {
    expect(turn(3, 0, 0)).toBe("replace");
    expect(turn(3, 0, 3)).toBe("replace");
    expect(turn(3, 4, 0)).toBe("replace");
    expect(turn(3, 5, 4)).toBe("replace");
  });
  it("is made when there is none", () => {
    expect(turn(0, 0, 0)).toBe("make");
    expect(turn(0, 4, 3)).toBe("make");
  });
});

describe("a successor", () => {
  it("has to carry every line that still grows", () => {
    expect(carriesAll([5, 9, 0], [6, 9, 0], [1, 0, 0])).toBe(true);
    expect(carriesAll([5, 9, 0], [6, 12, 0], [1, 0, 0])).toBe(false);
    expect(carriesAll([5, 9, 0], [6, 12, 0], [1, 1, 0])).toBe(true);
  });
  it("need not carry what has stopped", () => {
    expect(carriesAll([5, 9], [5, 9], [0, 0])).toBe(true);
  });
});
