import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from "vue";
import type { MediaSetup } from "@/protocol/messages";
import type { Devices } from "./devices";
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
  offer: (sdp: string) => Promise<string>,
) {
  const current = shallowRef<PeerConnection | null>(null);
  const state = ref<"off" | "connecting" | "connected" | "lost">("off");
  let attempt = 0;
  let busy = false;
  let again = false;
  let begun = 0;
  let servedEpoch = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const ready = () => wish.value.wanted && wish.value.online && wish.value.setup !== null;

  function renewIn(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void renew(), ms);
  }

  function timeout(): Promise<never> {
    return new Promise((_, reject) => setTimeout(() => reject(new Error("media timeout")), CONNECT_MS));
  }

  async function renew(): Promise<void> {
    clearTimeout(timer);
    const setup = wish.value.setup;
    if (!ready() || setup === null) return;
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
    try {
      fresh = new PeerConnection(setup, devices.mic.value, devices.camera.value, screen.value);
      await fresh.negotiate(offer);
      await Promise.race([fresh.connected(), timeout()]);
      if (!wish.value.wanted) throw new Error("no longer wanted");
      adopt(fresh);
    } catch {
      fresh?.close();
      if (current.value?.pc.connectionState !== "connected") renewIn(backoff(attempt++));
    } finally {
      busy = false;
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
    servedEpoch = wish.value.epoch;
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

  function lost(grace: number): void {
    state.value = "lost";
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (current.value?.pc.connectionState !== "connected") void renew();
    }, grace);
  }

  /** The relay says that its side is gone. */
  function lostByRelay(): void {
    state.value = "lost";
    attempt = 0;
    void renew();
  }

  function close(): void {
    clearTimeout(timer);
    current.value?.close();
    current.value = null;
    state.value = "off";
    servedEpoch = 0;
  }

  watch(
    [() => wish.value.wanted, () => wish.value.online],
    ([wanted, online]) => {
      if (!wanted) return close();
      attempt = 0;
      // Also when the old connection seems alive: with the socket the server took this device's media for gone.
      if (online) void renew();
    },
    { immediate: true },
  );
  watch(
    () => wish.value.epoch,
    (epoch) => {
      if (current.value === null || epoch === 0 || epoch === servedEpoch) return;
      // The first offer is what places the room: its own epoch is no news.
      if (servedEpoch === 0) servedEpoch = epoch;
      else void renew();
    },
  );
  watch([devices.mic, devices.camera, screen], (tracks) => void current.value?.send(...tracks));

  const onNetwork = () => {
    if (current.value && current.value.pc.connectionState !== "connected") void renew();
  };
  window.addEventListener("online", onNetwork);
  window.__heshi = { pc: () => current.value?.pc ?? null };
  onScopeDispose(() => {
    window.removeEventListener("online", onNetwork);
    close();
  });

  return { state, connection: computed(() => current.value), lostByRelay, close };
}
