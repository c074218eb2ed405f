/** A seat's consents as the case page shows them. */

export const CONSENTS = ["online", "personal_data", "recording", "esign"] as const;
export type Consent = (typeof CONSENTS)[number];

/** Given values carry the time they were given at; refusals a word; absent means not asked yet. */
export function consentState(consents: Record<string, string>, matter: Consent): "given" | "declined" | "open" {
  const value = consents[matter];
  if (value === undefined || value === "") return "open";
  return /^\d{4}-/.test(value) || value === "given" ? "given" : "declined";
}
