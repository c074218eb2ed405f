/** Asking again while somebody looks: nothing is asked for a page in the background. */

import { onBeforeUnmount, onMounted } from "vue";

export function usePoll(work: () => Promise<unknown>, everyMs: number): void {
  let timer = 0;
  let running = false;

  async function tick(): Promise<void> {
    window.clearTimeout(timer);
    if (document.visibilityState !== "visible" || running) return;
    running = true;
    try {
      await work();
    } finally {
      running = false;
      if (mounted) timer = window.setTimeout(tick, everyMs);
    }
  }

  let mounted = false;
  onMounted(() => {
    mounted = true;
    document.addEventListener("visibilitychange", tick);
    void tick();
  });
  onBeforeUnmount(() => {
    mounted = false;
    window.clearTimeout(timer);
    document.removeEventListener("visibilitychange", tick);
  });
}
