import { describe, expect, it } from "vitest";
import type { CaseView } from "@/protocol/messages";
import { makeCaseStore } from "./store";

const view = (revision: number) => ({ id: "case_1", revision }) as CaseView;

describe("the case on screen", () => {
  it("counts a change only when something differs", () => {
    const store = makeCaseStore(view(1), async () => undefined);
    store.put(view(1));
    expect(store.changes.value).toBe(0);
    store.put(view(2));
    expect([store.view.value.revision, store.changes.value]).toEqual([2, 1]);
    store.touched();
    expect(store.changes.value).toBe(2);
  });

  it("does not fall back to a poll that an act has overtaken", async () => {
    const store = makeCaseStore(view(1), async () => undefined);
    let answer: (view: CaseView) => void = () => undefined;
    const polling = store.poll(() => new Promise((resolve) => (answer = resolve)));
    store.put(view(2));
    answer(view(1));
    await polling;
    expect(store.view.value.revision).toBe(2);
    await store.poll(async () => view(3));
    expect(store.view.value.revision).toBe(3);
  });
});
