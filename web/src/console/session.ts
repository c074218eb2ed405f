/** Who is signed in at this browser. */

import { ref } from "vue";
import type { OfficerView } from "@/protocol/messages";
import { ApiError } from "@/shared/api";
import { me, signOut } from "./calls";

/** "loading" until the server has answered; null when nobody is signed in. */
export const officer = ref<OfficerView | null | "loading">("loading");
/** The sign-in ended by itself while the page was open. */
export const ended = ref(false);
/** The server could not be reached at all. */
export const unreachable = ref(false);

export async function findOut(): Promise<void> {
  unreachable.value = false;
  try {
    officer.value = await me();
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) officer.value = null;
    else unreachable.value = true;
  }
}

export function signedIn(view: OfficerView): void {
  ended.value = false;
  officer.value = view;
}

export function signInLost(): void {
  if (officer.value !== null) ended.value = true;
  officer.value = null;
}

export async function leave(): Promise<void> {
  await signOut();
  ended.value = false;
  officer.value = null;
}
