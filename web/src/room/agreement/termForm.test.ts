import { describe, expect, it } from "vitest";
import { editOf, emptyForm, formOf, problemsOf } from "./termForm";

const parties = [
  { person: "party_a", name: "张三", side: "A" as const },
  { person: "party_b", name: "李四", side: "B" as const },
];
const term = {
  id: "term_1",
  debtor: "party_b",
  creditor: "party_a",
  what: "支付医药费",
  amount_fen: 123_450,
  amount_words: "壹仟贰佰叁拾肆元伍角整",
  way: "转账",
  due: "2026-05-01",
  place: "",
};

describe("a term's form", () => {
  it("gives back the term it was opened with", () => {
    expect(editOf(formOf(term), term.id)).toEqual({
      kind: "term",
      id: "term_1",
      debtor: "party_b",
      creditor: "party_a",
      what: "支付医药费",
      amount_fen: 123_450,
      way: "转账",
      due: "2026-05-01",
      place: "",
    });
  });

  it("keeps an absent amount and date absent", () => {
    const edit = editOf(formOf({ ...term, amount_fen: null, due: null }), null);
    expect([edit.amount_fen, edit.due, edit.id]).toEqual([null, null, null]);
  });

  it("begins between the two sides", () => {
    expect(emptyForm(parties)).toMatchObject({ debtor: "party_b", creditor: "party_a" });
  });

  it("names what is wrong", () => {
    expect(problemsOf(formOf(term))).toEqual([]);
    expect(problemsOf({ ...formOf(term), creditor: "party_b", what: " ", amount: "1.234" })).toEqual([
      "sameParty",
      "what",
      "amount",
    ]);
  });
});
