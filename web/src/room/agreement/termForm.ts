import type { AgreementView, EditTerm } from "@/protocol/messages";
import { parseYuan, yuan } from "@/shared/format";

type Term = AgreementView["terms"][number];

/** A term as it stands in the form: everything text. */
export interface TermForm {
  debtor: string;
  creditor: string;
  what: string;
  amount: string;
  way: string;
  due: string;
  place: string;
}

export type TermProblem = "sameParty" | "what" | "amount";

export function emptyForm(parties: AgreementView["parties"]): TermForm {
  const debtor = parties.find((one) => one.side === "B") ?? parties[0];
  const creditor = parties.find((one) => one.side !== debtor?.side) ?? parties[1];
  return {
    debtor: debtor?.person ?? "",
    creditor: creditor?.person ?? "",
    what: "",
    amount: "",
    way: "",
    due: "",
    place: "",
  };
}

export function formOf(term: Term): TermForm {
  const { debtor, creditor, what, way, place } = term;
  const amount = term.amount_fen === null ? "" : yuan(term.amount_fen);
  return { debtor, creditor, what, amount, way, due: term.due ?? "", place };
}

export function problemsOf(form: TermForm): TermProblem[] {
  const problems: TermProblem[] = [];
  if (form.debtor === form.creditor) problems.push("sameParty");
  if (form.what.trim() === "") problems.push("what");
  if (form.amount.trim() !== "" && parseYuan(form.amount) === null) problems.push("amount");
  return problems;
}

export function editOf(form: TermForm, id: string | null): EditTerm {
  return {
    kind: "term",
    id,
    debtor: form.debtor,
    creditor: form.creditor,
    what: form.what.trim(),
    amount_fen: form.amount.trim() === "" ? null : parseYuan(form.amount),
    way: form.way.trim(),
    due: form.due === "" ? null : form.due,
    place: form.place.trim(),
  };
}
