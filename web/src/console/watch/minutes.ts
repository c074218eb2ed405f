/** Where in the recordings the case's agreement was written, locked and signed. */

import { computed, shallowRef, watch, type ComputedRef } from "vue";
import type { Minutes, Place } from "@/protocol/messages";
import { readMinutes } from "../calls";
import { useCase } from "../case/store";
import type { WatchRoute } from "../path";

interface Places {
  /** The way to a signature (by person), a term (by id) or a clause (by number); null where it is not in a recording. */
  placeOf: (what: "signatures" | "terms" | "clauses", id: string) => WatchRoute | null;
  lockPlace: ComputedRef<WatchRoute | null>;
}

export function useMinutes(): Places {
  const { view } = useCase();
  const minutes = shallowRef<Minutes | null>(null);
  /** Changes with everything that moves a place. */
  const text = computed(() => {
    const found = view.value.agreement;
    return found && [found.version, found.status, ...found.signers.map((signer) => signer.at)].join(" ");
  });

  async function load(): Promise<void> {
    if (text.value === null) return;
    try {
      minutes.value = await readMinutes(view.value.id);
    } catch {
      // The links are a convenience: the panel says what it has to say without them.
      minutes.value = null;
    }
  }

  function way(place: Place, seat: string | null): WatchRoute {
    return { page: "watch", id: view.value.id, session: place.session, ms: Math.max(0, place.ms), seat: seat ?? "" };
  }

  watch(text, load, { immediate: true });
  return {
    placeOf(what, id) {
      const found = minutes.value?.[what].find((one) => one.id === id);
      return found ? way(found.place, found.seat) : null;
    },
    lockPlace: computed(() => (minutes.value?.lock ? way(minutes.value.lock, null) : null)),
  };
}
