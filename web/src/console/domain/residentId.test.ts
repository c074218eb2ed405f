import { describe, expect, it } from "vitest";
import { checkDigit, checkResidentId } from "./residentId";

const TODAY = "2026-03-01";

describe("a resident identity number", () => {
  it("is read with birth date and sex", () => {
    expect(checkResidentId("11010519491231002X", TODAY)).toEqual({
      state: "right",
      number: "11010519491231002X",
      birthDate: "1949-12-31",
      sex: "female",
    });
    expect(checkResidentId("440524188001010014", TODAY)).toMatchObject({ state: "right", sex: "male" });
  });

  it("forgives spaces around it and a small x", () => {
    expect(checkResidentId(" 11010519491231002x ", TODAY)).toMatchObject({ state: "right" });
  });

  it("is refused with any single digit changed", () => {
    const good = "11010519491231002X";
    for (let place = 0; place < 17; place += 1) {
      const other = String((Number(good[place]) + 1) % 10);
      const changed = good.slice(0, place) + other + good.slice(place + 1);
      expect([changed, checkResidentId(changed, TODAY).state]).toEqual([changed, "wrong"]);
    }
  });

  it("is refused with two neighbouring digits exchanged", () => {
    const good = "110105194912310038".slice(0, 17);
    const whole = good + checkDigit(good);
    for (let place = 0; place < 16; place += 1) {
      const [a, b] = [whole.charAt(place), whole.charAt(place + 1)];
      if (a === b) continue;
      const changed = whole.slice(0, place) + b + a + whole.slice(place + 2);
      expect([changed, checkResidentId(changed, TODAY).state]).toEqual([changed, "wrong"]);
    }
  });

  it("says how much is missing while it is typed", () => {
    expect(checkResidentId("", TODAY)).toEqual({ state: "empty" });
    expect(checkResidentId("110105", TODAY)).toEqual({ state: "typing", missing: 12 });
  });

  it("names an impossible birth date as soon as it is typed", () => {
    expect(checkResidentId("11010519490230", TODAY)).toEqual({ state: "wrong", reason: "birth_date" });
    expect(checkResidentId("11010520270101", TODAY)).toEqual({ state: "wrong", reason: "birth_date" });
    expect(checkResidentId("11010518790101", TODAY)).toEqual({ state: "wrong", reason: "birth_date" });
  });

  it("holds only digits and a last X", () => {
    for (const text of ["X", "1101051949123100X2", "0101051949", "11010519491231002XX", "１１０１０５"]) {
      expect([text, checkResidentId(text, TODAY)]).toEqual([text, { state: "wrong", reason: "shape" }]);
    }
  });
});
