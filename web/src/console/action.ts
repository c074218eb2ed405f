/** One press of a button: busy while it runs, the refusal kept for the screen. */

import { ref, type Ref } from "vue";
import type { ErrorBody } from "@/protocol/messages";
import { ApiError, errorBody } from "@/shared/api";
import { signInLost } from "./session";

export interface Action {
  busy: Ref<boolean>;
  refusal: Ref<ErrorBody | null>;
  /** The work's result, or null when it was refused or another press is still running. */
  run: <T>(work: () => Promise<T>) => Promise<T | null>;
}

const LOST = new Set(["sign_in_needed", "session.over"]);

/** The server no longer knows this sign-in (a wrong password is another matter, with the same HTTP status). */
export function isSignInLost(error: unknown): boolean {
  return error instanceof ApiError && LOST.has(error.body.code);
}

export function useAction(): Action {
  const busy = ref(false);
  const refusal = ref<ErrorBody | null>(null);
  async function run<T>(work: () => Promise<T>): Promise<T | null> {
    if (busy.value) return null;
    busy.value = true;
    refusal.value = null;
    try {
      return await work();
    } catch (error) {
      refusal.value = errorBody(error);
      if (isSignInLost(error)) signInLost();
      return null;
    } finally {
      busy.value = false;
    }
  }
  return { busy, refusal, run };
}
