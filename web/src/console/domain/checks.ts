/** First checks of single fields, so that a slip is shown at once. The server's rules decide. */

import type { IdType } from "./caseForm";

const MOBILE = /^1[3-9][0-9]{9}$/;
const LANDLINE = /^0(?:10|2[0-9]|[3-9][0-9]{2})-?[2-9][0-9]{6,7}(?:-[0-9]{1,6})?$/;
const INTERNATIONAL = /^\+(?!86)[1-9][0-9]{6,14}$/;

export function phoneLooksRight(text: string): boolean {
  const compact = text.trim().replaceAll(" ", "");
  const digits = compact.replaceAll("-", "");
  return MOBILE.test(digits.replace(/^\+86/, "")) || LANDLINE.test(compact) || INTERNATIONAL.test(digits);
}

/** Letters of any script and the dot of minority names; no control, format or direction characters. */
export function nameLooksRight(text: string): boolean {
  const name = text.trim();
  return (
    [...name].length <= 50 && /\p{L}|[\u{20000}-\u{3FFFF}]/u.test(name) && !/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u.test(name)
  );
}

export function caseNumberLooksRight(text: string): boolean {
  const number = text.trim();
  return [...number].length <= 40 && /[0-9０-９]/.test(number) && !/[\s\p{Cc}\p{Cf}]/u.test(number);
}

const DOCUMENTS: Record<Exclude<IdType, "resident">, RegExp> = {
  passport: /^[A-Z0-9]{5,20}$/,
  hk_macau: /^(?:[HM][0-9]{8,10}|8[1-3][0-9]{16})$/,
  taiwan: /^(?:[0-9]{8,10}[A-Z]?|83[0-9]{16})$/,
  foreign_residence: /^(?:[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X])$/,
  other: /^[A-Z0-9][A-Z0-9 ()/.-]{2,39}$/,
};

/** Wide enough for any real document other than the resident card, narrow enough to catch a slip. */
export function documentLooksRight(type: Exclude<IdType, "resident">, text: string): boolean {
  return DOCUMENTS[type].test(text.trim().toUpperCase());
}
