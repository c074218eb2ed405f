/** The case on screen, shared by its panels. */

import { inject, provide, ref, shallowRef, type InjectionKey, type Ref, type ShallowRef } from "vue";
import type { CaseView } from "@/protocol/messages";

export interface CaseStore {
  view: ShallowRef<CaseView>;
  /** Rises whenever something on the record may have changed: the timeline reads it anew. */
  changes: Ref<number>;
  /** Take over the view that an act answered. */
  put: (view: CaseView) => void;
  /** Ask for the view; an answer overtaken by an act's meanwhile is dropped. */
  poll: (ask: () => Promise<CaseView>) => Promise<void>;
  /** Something was done that the view itself does not show (an act on the timeline). */
  touched: () => void;
  /** Ask the server now. */
  refresh: () => Promise<void>;
}

const KEY: InjectionKey<CaseStore> = Symbol("case");

export function makeCaseStore(first: CaseView, refresh: () => Promise<void>): CaseStore {
  const view = shallowRef(first);
  const changes = ref(0);
  let seen = JSON.stringify(first);
  let acts = 0;

  function take(next: CaseView): void {
    const text = JSON.stringify(next);
    if (text === seen) return;
    seen = text;
    view.value = next;
    changes.value += 1;
  }

  return {
    view,
    changes,
    refresh,
    put(next) {
      acts += 1;
      take(next);
    },
    async poll(ask) {
      const before = acts;
      const next = await ask();
      if (acts === before) take(next);
    },
    touched() {
      changes.value += 1;
    },
  };
}

export function provideCase(store: CaseStore): void {
  provide(KEY, store);
}

export function useCase(): CaseStore {
  const store = inject(KEY);
  if (store === undefined) throw new Error("no case on this page");
  return store;
}
