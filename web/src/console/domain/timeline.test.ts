import { expect, it } from "vitest";
import { aboutOf } from "./timeline";

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
