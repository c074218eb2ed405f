import { expect, it } from "vitest";
import { aboutOf, manifestOf, registeredOf, stretchOf } from "./timeline";

it("says whom and what an entry concerns", () => {
  expect(aboutOf({ field: "id_number", party: "party_1" })).toEqual({
    person: "party_1",
    keys: ["console.field.id_number"],
  });
  expect(aboutOf({ fields: ["place", "facts"] }).keys).toEqual(["console.field.place", "console.field.facts"]);
  expect(aboutOf({ seat: "seat_1", role: "lawyer", new_device: false })).toEqual({
    person: "seat_1",
    keys: ["shared.role.lawyer"],
  });
});

it("says nothing where the payload is erased or unlike what it knows", () => {
  expect(aboutOf(null)).toEqual({ person: null, keys: [] });
  expect(aboutOf({ party: null, field: 3, fields: { a: 1 }, side: "../x" })).toEqual({ person: null, keys: [] });
});

it("says how long a gap of the recording was, and whose", () => {
  const payload = { from: "2026-11-20T02:00:01.200Z", until: "2026-11-20T02:00:03.900Z", seats: ["seat_1", 3] };
  expect(stretchOf(payload)).toEqual({ from: payload.from, until: payload.until, seconds: 3, seats: ["seat_1"] });
  expect(stretchOf({ from: "x", until: "y" })).toBeNull();
  expect(stretchOf({ from: payload.from })).toBeNull();
  expect(stretchOf(null)).toBeNull();
});

it("says how often captured data was registered in one line", () => {
  expect(registeredOf({ act: "recording.heads" })).toBe(1);
  expect(registeredOf({ act: "recording.heads", times: 40 })).toBe(40);
  expect(registeredOf({ act: "recording.segment", times: 3 })).toBe(3);
  expect(registeredOf({ act: "recording.segment", times: 1 })).toBe(0);
  expect(registeredOf({ act: "seat.left", times: 2 })).toBe(0);
});

it("knows which sitting's manifest an entry names", () => {
  expect(manifestOf({ act: "recording.manifest", payload: { session: "ses_1" } })).toBe("ses_1");
  expect(manifestOf({ act: "recording.manifest", payload: null })).toBeNull();
  expect(manifestOf({ act: "recording.segment", payload: { session: "ses_1" } })).toBeNull();
});
