import { describe, expect, it } from "vitest";
import en from "../locales/en.json";
import zh from "../locales/zh-CN.json";
import {
  caseInput,
  caseProblems,
  CHECKS,
  emptyCase,
  emptyParty,
  fieldOfRefusal,
  partyProblems,
  problemsOfParty,
  type CaseDraft,
  type PartyDraft,
} from "./caseForm";

const TODAY = "2026-03-01";
const refusal = (code: string, detail = "") => ({ code, zh: "不行", en: "No", detail });

function party(side: "A" | "B", changes: Partial<PartyDraft> = {}): PartyDraft {
  return { ...emptyParty(side), name: "张伟", idNumber: "11010519491231002X", phone: "138 1234 5678", ...changes };
}

function filled(): CaseDraft {
  return {
    ...emptyCase(),
    number: " 公调〔2026〕12号 ",
    cause: "噪声",
    happenedAt: "2026-03-01T09:30",
    place: "和平路",
    facts: "推搡",
    parties: [party("A"), party("B", { idType: "passport", idNumber: "e1234567", name: "㛃𠮷·江" })],
  };
}

describe("the new-case form", () => {
  it("finds nothing wrong with a filled form and sends it trimmed, in UTC", () => {
    expect(caseProblems(filled(), TODAY)).toEqual({});
    const sent = caseInput(filled());
    expect(sent).toMatchObject({ number: "公调〔2026〕12号", happened_at: "2026-03-01T01:30:00.000Z", officer: null });
    expect(sent.parties[1]).toMatchObject({ side: "B", id_number: "E1234567", name: "㛃𠮷·江" });
    expect(Object.keys(sent.parties[0] ?? {})).not.toContain("key");
  });

  it("names every empty field, the parties' own by their place", () => {
    expect(Object.keys(caseProblems(emptyCase(), TODAY)).sort()).toEqual(
      [
        ...["number", "cause", "place", "facts", "happened_at"],
        ...["0", "1"].flatMap((n) => ["name", "id_number", "phone"].map((field) => `parties.${n}.${field}`)),
      ].sort(),
    );
  });

  it("wants someone on each side", () => {
    expect(caseProblems({ ...filled(), parties: [party("A"), party("A")] }, TODAY)).toEqual({ parties: "sides" });
  });

  it("wants a readable number with a digit", () => {
    for (const number of ["无号", "公调 12", "1".repeat(41)]) {
      expect([number, caseProblems({ ...filled(), number }, TODAY).number]).toEqual([number, "number"]);
    }
  });

  it("gives each party its own problems", () => {
    const found = caseProblems({ ...filled(), parties: [party("A"), party("B", { phone: "123" })] }, TODAY);
    expect(problemsOfParty(found, 0)).toEqual({});
    expect(problemsOfParty(found, 1)).toEqual({ phone: "phone" });
  });
});

describe("a party", () => {
  it("may carry any letter of a name, but nothing invisible", () => {
    for (const name of ["㛃䶮𬭎𠮷", "买买提·江", "O’Neill Anne-Marie"]) {
      expect([name, partyProblems(party("A", { name }), TODAY).name]).toEqual([name, undefined]);
    }
    for (const name of ["张\u202e伟", "张\u0000伟", "·", "张".repeat(51)]) {
      expect([name, partyProblems(party("A", { name }), TODAY).name]).toEqual([name, "name"]);
    }
  });

  it("has a telephone of one of three kinds", () => {
    for (const phone of ["13812345678", "+86 138-1234-5678", "010-62345678", "0755-23456789-12", "+85291234567"]) {
      expect([phone, partyProblems(party("A", { phone }), TODAY).phone]).toEqual([phone, undefined]);
    }
    for (const phone of ["12812345678", "62345678", "+8612345", "十三"]) {
      expect([phone, partyProblems(party("A", { phone }), TODAY).phone]).toEqual([phone, "phone"]);
    }
  });

  it("has a document number that fits its kind", () => {
    const of = (idType: PartyDraft["idType"], idNumber: string) =>
      partyProblems(party("A", { idType, idNumber }), TODAY).id_number;
    expect(of("passport", "E12345678")).toBeUndefined();
    expect(of("hk_macau", "H12345678")).toBeUndefined();
    expect(of("hk_macau", "E12345678")).toBe("document");
    expect(of("resident", "110105194912310021")).toBe("check_digit");
    expect(of("resident", "1101051949")).toBe("residentShort");
  });
});

describe("a refusal of the server", () => {
  it("is shown at the field it is about", () => {
    expect(fieldOfRefusal(refusal("case.number_taken"), 2)).toBe("number");
    expect(fieldOfRefusal(refusal("phone.invalid", "parties.1.phone"), 2)).toBe("parties.1.phone");
    expect(fieldOfRefusal(refusal("phone.invalid", "phone"), 0)).toBe("phone");
    expect(fieldOfRefusal(refusal("malformed", "parties.1.address: string_too_long"), 2)).toBe("parties.1.address");
    expect(fieldOfRefusal(refusal("malformed", "cause: string_too_long"), 2)).toBe("cause");
    expect(fieldOfRefusal(refusal("officer.username_taken"), 0)).toBe("username");
  });

  it("stands above the form where no field can be named", () => {
    expect(fieldOfRefusal(refusal("phone.invalid", "phone"), 2)).toBeNull();
    expect(fieldOfRefusal(refusal("case.closed"), 2)).toBeNull();
    expect(fieldOfRefusal(refusal("malformed", "body"), 2)).toBeNull();
  });
});

it("has a sentence for every check, in both languages", () => {
  for (const words of [zh, en]) {
    expect(Object.keys(words.console.check)).toEqual(expect.arrayContaining([...CHECKS]));
  }
});
