/** Resident identity numbers (GB 11643-1999), checked in the browser as they are typed; the server checks again. */

type Sex = "male" | "female";

export type ResidentIdCheck =
  | { state: "empty" }
  | { state: "typing"; missing: number }
  | { state: "wrong"; reason: "shape" | "birth_date" | "check_digit" }
  | { state: "right"; number: string; birthDate: string; sex: Sex };

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = "10X98765432";
const EARLIEST_YEAR = 1880;

/** The eighteenth character for seventeen digits (ISO 7064 MOD 11-2). */
export function checkDigit(first17: string): string {
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * Number(first17[index]), 0);
  return CHECKS.charAt(sum % 11);
}

/** A date that exists, from the eight digits YYYYMMDD, as YYYY-MM-DD; null for 30 February. */
function realDate(digits: string): string | null {
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6, 8)].map(Number) as [
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (year < EARLIEST_YEAR || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return date.toISOString().slice(0, 10);
}

/** What can be said of a number so far. `today` is YYYY-MM-DD: nobody is born later. */
export function checkResidentId(text: string, today: string): ResidentIdCheck {
  const number = text.trim().toUpperCase();
  if (number === "") return { state: "empty" };
  if (!/^[1-9][0-9]{0,16}$|^[1-9][0-9]{16}[0-9X]$/.test(number)) return { state: "wrong", reason: "shape" };
  if (number.length >= 14) {
    const birth = realDate(number.slice(6, 14));
    if (birth === null || birth > today) return { state: "wrong", reason: "birth_date" };
  }
  if (number.length < 18) return { state: "typing", missing: 18 - number.length };
  if (checkDigit(number.slice(0, 17)) !== number[17]) return { state: "wrong", reason: "check_digit" };
  return {
    state: "right",
    number,
    birthDate: realDate(number.slice(6, 14)) ?? "",
    sex: Number(number[16]) % 2 === 1 ? "male" : "female",
  };
}
