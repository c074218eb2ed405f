/** The new-case form: what is typed, what is wrong with it, and what is sent. */

import type { CaseInput, ErrorBody, PartyInput } from "@/protocol/messages";
import { caseNumberLooksRight, documentLooksRight, nameLooksRight, phoneLooksRight } from "./checks";
import { fromLocalInput } from "./format";
import { checkResidentId } from "./residentId";

export type Side = PartyInput["side"];
export type IdType = PartyInput["id_type"];
export type Track = CaseInput["track"];

export const ID_TYPES: IdType[] = ["resident", "passport", "hk_macau", "taiwan", "foreign_residence", "other"];
export const TRACKS: Track[] = ["ZA", "JT", "RM"];
export const CHECKS = [
  "required",
  "name",
  "number",
  "time",
  "phone",
  "document",
  "sides",
  "residentShort",
  "shape",
  "birth_date",
  "check_digit",
  "username",
] as const;
export const MOST_PARTIES = 12;

export interface PartyDraft {
  key: number;
  side: Side;
  name: string;
  nameSubstitute: string;
  idType: IdType;
  idNumber: string;
  phone: string;
  address: string;
  workplace: string;
  gender: "male" | "female" | "";
  birthDate: string;
  privateContact: boolean;
}

export interface CaseDraft {
  number: string;
  track: Track;
  cause: string;
  happenedAt: string;
  place: string;
  facts: string;
  community: string;
  officer: string;
  parties: PartyDraft[];
}

/** What is wrong: a key beneath `console.check`, or the server's own refusal. */
export type FieldMessage = CheckKey | ErrorBody;
type CheckKey = (typeof CHECKS)[number];
export type FieldMessages = Record<string, FieldMessage>;

let lastKey = 0;

export function emptyParty(side: Side): PartyDraft {
  lastKey += 1;
  return {
    key: lastKey,
    side,
    name: "",
    nameSubstitute: "",
    idType: "resident",
    idNumber: "",
    phone: "",
    address: "",
    workplace: "",
    gender: "",
    birthDate: "",
    privateContact: false,
  };
}

export function emptyCase(): CaseDraft {
  return {
    number: "",
    track: "ZA",
    cause: "",
    happenedAt: "",
    place: "",
    facts: "",
    community: "",
    officer: "",
    parties: [emptyParty("A"), emptyParty("B")],
  };
}

/** Problems of one party, by field name. `today` is YYYY-MM-DD. */
export function partyProblems(party: PartyDraft, today: string): FieldMessages {
  const found: FieldMessages = {};
  if (party.name.trim() === "") found.name = "required";
  else if (!nameLooksRight(party.name)) found.name = "name";
  if (party.idNumber.trim() === "") found.id_number = "required";
  else if (party.idType === "resident") {
    const check = checkResidentId(party.idNumber, today);
    if (check.state === "typing") found.id_number = "residentShort";
    if (check.state === "wrong") found.id_number = check.reason;
  } else if (!documentLooksRight(party.idType, party.idNumber)) found.id_number = "document";
  if (party.phone.trim() === "") found.phone = "required";
  else if (!phoneLooksRight(party.phone)) found.phone = "phone";
  return found;
}

/** Problems of the whole form; those of the n-th party under `parties.n.field`. */
export function caseProblems(draft: CaseDraft, today: string): FieldMessages {
  const found: FieldMessages = {};
  for (const field of ["number", "cause", "place", "facts"] as const) {
    if (draft[field].trim() === "") found[field] = "required";
  }
  if (!("number" in found) && !caseNumberLooksRight(draft.number)) found.number = "number";
  if (fromLocalInput(draft.happenedAt) === null) found.happened_at = "time";
  draft.parties.forEach((party, index) => {
    for (const [field, message] of Object.entries(partyProblems(party, today))) {
      found[`parties.${String(index)}.${field}`] = message;
    }
  });
  if (!draft.parties.some((p) => p.side === "A") || !draft.parties.some((p) => p.side === "B")) {
    found.parties = "sides";
  }
  return found;
}

export function partyInput(party: PartyDraft): PartyInput {
  return {
    side: party.side,
    name: party.name.trim(),
    name_substitute: party.nameSubstitute.trim(),
    id_type: party.idType,
    id_number: party.idNumber.trim().toUpperCase(),
    phone: party.phone.trim(),
    address: party.address.trim(),
    workplace: party.workplace.trim(),
    gender: party.gender,
    birth_date: party.birthDate,
    private_contact: party.privateContact,
  };
}

export function caseInput(draft: CaseDraft): CaseInput {
  return {
    number: draft.number.trim(),
    track: draft.track,
    cause: draft.cause.trim(),
    happened_at: fromLocalInput(draft.happenedAt) ?? "",
    place: draft.place.trim(),
    facts: draft.facts.trim(),
    community: draft.community.trim(),
    officer: draft.officer === "" ? null : draft.officer,
    parties: draft.parties.map(partyInput),
  };
}

const FIELD_OF_CODE: Record<string, string> = {
  "case_number.invalid": "number",
  "case.number_taken": "number",
  "case.officer_unknown": "officer",
  "case.parties_unfit": "parties",
  "name.invalid": "name",
  "resident_id.invalid": "id_number",
  "resident_id.mismatch": "id_number",
  "id_number.invalid": "id_number",
  "phone.invalid": "phone",
  "officer.username_taken": "username",
  "organ.not_found": "organ",
};

const PARTY_FIELDS = new Set(["name", "id_number", "phone"]);

/**
 * The field that a refusal is about, or null when it belongs above the form. `parties`: how many the form holds (0: it is
 * one party's own form). The detail may name the field (`parties.1.phone`); a party's code without it cannot be placed.
 */
export function fieldOfRefusal(refusal: ErrorBody, parties: number): string | null {
  const detail = refusal.detail ?? "";
  const named = /parties[.[](\d+)\]?\.(\w+)/.exec(detail);
  if (named !== null) return `parties.${named[1] ?? ""}.${named[2] ?? ""}`;
  const field = FIELD_OF_CODE[refusal.code];
  if (field !== undefined) return parties > 0 && PARTY_FIELDS.has(field) ? null : field;
  const typed = /^(\w+)(?:: |$)/.exec(detail)?.[1] ?? "";
  return TYPED_FIELDS.has(typed) ? typed : null;
}

const TYPED_FIELDS = new Set([
  "number",
  "cause",
  "happened_at",
  "place",
  "facts",
  "community",
  "officer",
  "address",
  "workplace",
]);

/** The n-th party's share of the form's problems, by its own field names. */
export function problemsOfParty(problems: FieldMessages, index: number): FieldMessages {
  const prefix = `parties.${String(index)}.`;
  return Object.fromEntries(
    Object.entries(problems)
      .filter(([field]) => field.startsWith(prefix))
      .map(([field, message]) => [field.slice(prefix.length), message]),
  );
}
