/** A seat's consents as the case page shows them. */

export const CONSENTS = ["online", "personal_data", "recording", "esign"] as const;
export type Consent = (typeof CONSENTS)[number];

/** Absent means: not asked yet. */
export function consentState(consents: Record<string, boolean>, matter: Consent): "given" | "declined" | "open" {
  const value = consents[matter];
  return value === undefined ? "open" : value ? "given" : "declined";
}
