import type { AgreementView } from "@/protocol/messages";

export type Panel = "people" | "agreement" | "chat";

/** The panels that a person has, in the order of their tabs. */
export function panelsFor(host: boolean, agreement: AgreementView | null): Panel[] {
  return [...(host ? (["people"] as const) : []), ...(host || agreement ? (["agreement"] as const) : []), "chat"];
}
