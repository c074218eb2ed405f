import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from "vue";
import type { MediaAnswer, MediaLost, MediaSetup } from "@/protocol/messages";
import type { Devices } from "./devices";
import { handedOver, turn } from "./handover";
import { backoff } from "./linkState";
import { PeerConnection } from "./peerConnection";

const DISCONNECTED_MS = 2000;
const CONNECT_MS = 12_000;
/** Never more than one new connection in this time, whatever is reported lost. */
const PACE_MS = 1000;

declare global {
  interface Window {
    /** For tests only; nothing secret. */
    __heshi?: { pc: () => RTCPeerConnection | null };
  }
}

export interface MediaWish {
  /** Admitted, and a sitting is open. */
  wanted: boolean;
  online: boolean;
  epoch: number;
  /** The epoch that the room was moved from, whose connections carry until their successors do. */
  former: number;
  setup: MediaSetup | null;
}

/**
 * Keeps one media connection alive for as long as it is wanted. Every trouble has the same cure: make a new connection to
 * the same seat, and close the old one once the new one carries (ICE restarts did not bring media back when measured).
 */
export function useMedia(
  wish: Ref<MediaWish>,
  devices: Devices,
  screen: Ref<MediaStreamTrack | null>,
  offer: (sdp: string) => Promise<MediaAnswer>,
) {
  const current = shallowRef<PeerConnection | null>(null);
  const state = ref<"off" | "connecting" | "connected" | "lost">("off");
  let attempt = 0;
  let busy = false;
  let again = false;
  let begun = 0;
  /** The epoch that `current` belongs to, and that of the attempt under way (0: not answered yet). */
  let epoch = 0;
  let answered = 0;
  /** The relay says that `current` is gone, whatever it looks like from here. */
  let condemned = false;
  let abandon: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const ready = () => wish.value.wanted && wish.value.online && wish.value.setup !== null;

  function renewIn(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void renew(), ms);
  }

  /** Rejects when an attempt has taken too long, or is known to lead nowhere. */
  function hopeless(): Promise<never> {
    return new Promise((_, reject) => {
      abandon = () => reject(new Error("media abandoned"));
      setTimeout(abandon, CONNECT_MS);
    });
  }

  async function renew(): Promise<void> {
    clearTimeout(timer);
    const setup = wish.value.setup;
    if (!ready() || setup === null || carrying()) return;
    if (busy) {
      again = true;
      return;
    }
    const soon = begun + PACE_MS - Date.now();
    if (soon > 0) return renewIn(soon);
    begun = Date.now();
    busy = true;
    if (state.value !== "connected") state.value = current.value ? "lost" : "connecting";
    let fresh: PeerConnection | null = null;
    answered = 0;
    try {
      fresh = new PeerConnection(setup, devices.mic.value, devices.camera.value, screen.value);
      const given = hopeless();
      await Promise.race([
        given,
        fresh.negotiate(async (sdp) => {
          const answer = await offer(sdp);
          answered = answer.epoch;
          return answer.sdp;
        }),
      ]);
      await Promise.race([fresh.connected(), given]);
      const old = current.value;
      if (old && turn(epoch, wish.value.epoch, wish.value.former) === "succeed") await handedOver(old.pc, fresh.pc);
      if (!wish.value.wanted) throw new Error("no longer wanted");
      adopt(fresh);
    } catch {
      fresh?.close();
      if (!carrying()) renewIn(backoff(attempt++));
    } finally {
      busy = false;
      abandon = undefined;
      if (again) {
        again = false;
        void renew();
      }
    }
  }

  function adopt(fresh: PeerConnection): void {
    const old = current.value;
    current.value = fresh;
    state.value = "connected";
    attempt = 0;
    epoch = answered;
    condemned = false;
    old?.close();
    // Tracks may have changed while the connection was being made.
    void fresh.send(devices.mic.value, devices.camera.value, screen.value);
    fresh.pc.addEventListener("connectionstatechange", () => {
      if (current.value !== fresh) return;
      const now = fresh.pc.connectionState;
      if (now === "connected") state.value = "connected";
      if (now === "failed" || now === "closed") lost(0);
      if (now === "disconnected") lost(DISCONNECTED_MS);
    });
  }

  /** Whether the connection in hand is up and still counts. */
  function carrying(): boolean {
    const { epoch: now, former } = wish.value;
    return !condemned && current.value?.pc.connectionState === "connected" && turn(epoch, now, former) === "keep";
  }

  function lost(grace: number): void {
    state.value = "lost";
    clearTimeout(timer);
    timer = setTimeout(() => void renew(), grace);
  }

  /** The relay's side is gone. With the worker itself lost nothing may be sent there any more. */
  function lostByRelay({ why, epoch: ended = 0 }: MediaLost): void {
    if (why === "unknown" && current.value === null) return;
    if (why === "worker") {
      // The snapshot may have said so before: what was begun since leads to the successor already.
      if (epoch > ended || answered > ended) return;
      if (answered !== 0) abandon?.();
      release();
    }
    condemned = current.value !== null;
    state.value = "lost";
    attempt = 0;
    void renew();
  }

  function release(): void {
    current.value?.close();
    current.value = null;
    epoch = 0;
  }

  function close(): void {
    clearTimeout(timer);
    release();
    state.value = "off";
  }

  watch(
    [() => wish.value.wanted, () => wish.value.online],
    ([wanted, online]) => {
      if (!wanted) return close();
      attempt = 0;
      // What carries goes on carrying, however often the socket breaks off.
      if (online) void renew();
    },
    { immediate: true },
  );
  watch([() => wish.value.epoch, () => wish.value.former], ([now, former]) => {
    const next = turn(epoch, now, former);
    if (next === "replace") {
      release();
      if (state.value === "connected") state.value = "lost";
    }
    if (next === "replace" || next === "succeed") void renew();
  });
  watch([devices.mic, devices.camera, screen], (tracks) => void current.value?.send(...tracks));

  const onNetwork = () => {
    if (current.value) void renew();
  };
  window.addEventListener("online", onNetwork);
  window.__heshi = { pc: () => current.value?.pc ?? null };
  onScopeDispose(() => {
    window.removeEventListener("online", onNetwork);
    close();
  });

  return { state, connection: computed(() => current.value), lostByRelay, close };
}
