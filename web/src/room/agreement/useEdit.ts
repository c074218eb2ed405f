import { nextTick, ref, watch } from "vue";
import type { AgreementEdit, AgreementView } from "@/protocol/messages";
import type { Session } from "../live/session";

const SNAPSHOT_MS = 3000;

/** Edits against the version on the screen; an edit counts as done when the screen shows its result. */
export function useEdit(agreement: () => AgreementView, act: Session["act"]) {
  const busy = ref(false);

  function newer(than: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(done, SNAPSHOT_MS);
      const stop = watch(
        () => agreement().version,
        (version) => {
          if (version > than) void nextTick(done);
        },
        { immediate: true },
      );
    });
  }

  async function edit(change: AgreementEdit["edit"]): Promise<boolean> {
    const { version } = agreement();
    busy.value = true;
    const accepted = await act("agreement.edit", { version, edit: change });
    if (accepted) await newer(version);
    busy.value = false;
    return accepted;
  }

  return { busy, edit };
}
