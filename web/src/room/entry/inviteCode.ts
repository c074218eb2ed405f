/** The letters of an invite code: no 0/O, 1/I/L. */
const ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const LENGTH = 8;

/** What was typed so far, as XXXX-XXXX; anything that cannot stand in a code falls away. */
export function formatInviteCode(typed: string): string {
  const letters = [...typed.normalize("NFKC").toUpperCase()].filter((letter) => ALPHABET.includes(letter));
  const code = letters.slice(0, LENGTH).join("");
  return code.length > 4 ? `${code.slice(0, 4)}-${code.slice(4)}` : code;
}

export function isWholeInviteCode(code: string): boolean {
  return code.length === LENGTH + 1;
}
