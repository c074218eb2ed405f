import { computed, ref, watch } from "vue";
import type { RoomView } from "@/protocol/messages";
import { toastError } from "@/shared/toast";
import type { CommandName, Payload } from "./commands";
import { useDevices } from "./devices";
import { useMedia, type MediaWish } from "./media";
import { useQuality } from "./quality";
import { useRoomLink } from "./roomLink";
import { useScreen } from "./screen";

/** A sitting is open and this seat is in it. */
function inSitting(view: RoomView | undefined): boolean {
  return view?.you.presence === "admitted" && view.phase !== null && view.phase !== "idle";
}

/** Everything live about one seat: socket, devices, media connection, and the snapshot they all follow. */
export function useSession(seat: string, start: { mic: boolean; camera: boolean }) {
  const devices = useDevices(start);
  const link = useRoomLink(
    seat,
    (lost) => media.lostByRelay(lost),
    () => {
      media.close();
      devices.stop();
      screen.release();
    },
  );
  const view = computed(() => link.snapshot.value?.view);
  const online = computed(() => link.link.value.phase === "online");
  const present = computed(() => inSitting(view.value) && link.refusal.value === null);
  const devicesReady = ref(false);

  const wish = computed<MediaWish>(() => ({
    wanted: present.value && devicesReady.value,
    online: online.value,
    epoch: view.value?.media_epoch ?? 0,
    former: view.value?.media_former ?? 0,
    setup: link.snapshot.value?.media ?? null,
  }));
  const screen = useScreen(view, {
    act: (name) => act(name, {}),
    send: (name) => link.send(name, {}),
    sync: () => link.send("room.sync", {}),
  });
  const media = useMedia(wish, devices, screen.track, (sdp) => link.send("media.offer", { sdp }));

  const connected = computed(() => media.state.value === "connected");
  const quality = useQuality(view, link.news, media.connection, connected, (counts) =>
    link.send("quality.report", counts),
  );

  // The camera works only while somebody is in an open sitting; waiting and afterwards its light is off.
  watch(
    present,
    async (now) => {
      if (now) await devices.start();
      else devices.stop();
      devicesReady.value = now;
    },
    { immediate: true },
  );

  // What the server believes of our switches follows what the device really sends.
  let telling = false;
  watch(
    [devices.micOn, devices.cameraOn, online, devicesReady, () => view.value?.you.mic, () => view.value?.you.camera],
    async () => {
      const you = view.value?.you;
      if (telling || !you || !online.value || !devicesReady.value) return;
      const state = { mic: devices.micOn.value, camera: devices.cameraOn.value };
      if (you.mic === state.mic && you.camera === state.camera) return;
      telling = true;
      try {
        await link.send("media.state", state);
      } catch {
        // The next snapshot or reconnection brings the difference up again.
      } finally {
        telling = false;
      }
    },
  );

  /** Send a command for a person who pressed something: a refusal is told to them. Resolves to whether it was done. */
  async function act<C extends CommandName>(name: C, payload: Payload<C>): Promise<boolean> {
    try {
      await link.send(name, payload);
      return true;
    } catch (error) {
      toastError(error);
      return false;
    }
  }

  return { ...link, view, online, devices, media, screen, quality, act };
}

export type Session = ReturnType<typeof useSession>;
