import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from "vue";
import type { RoomView, Snapshot } from "@/protocol/messages";
import { hasPictures } from "./pictures";

/** Text to read: sharp matters, smooth does not. */
const PICTURE: DisplayMediaStreamOptions = {
  video: { width: { max: 1920 }, height: { max: 1080 }, frameRate: { ideal: 8, max: 10 } },
  audio: false,
};

/** What came of asking to share. */
export type Shared = "yes" | "refused" | "cancelled" | "failed";

interface Room {
  /** Gives the command for a person who pressed something; resolves to whether it was done. */
  act: (name: "screen.share" | "screen.stop") => Promise<boolean>;
  /** Gives the command without anybody having pressed anything. */
  send: (name: "screen.stop") => Promise<unknown>;
  sync: () => Promise<Snapshot>;
}

/** Phones have the function and always refuse it: only where there is a mouse can somebody show a screen. */
export function canShare(): boolean {
  const able = typeof navigator.mediaDevices?.getDisplayMedia === "function" && hasPictures();
  return able && window.matchMedia("(any-pointer: fine)").matches;
}

function sharesIn(view: RoomView | undefined): boolean {
  return view !== undefined && view.screen !== null && view.screen.seat === view.you.seat;
}

/**
 * This device's shared screen. The room decides whether it is shared: a track that the room no longer wants is let go at
 * once, and a share that has no track (the page was loaded anew) is ended.
 */
export function useScreen(view: Ref<RoomView | undefined>, room: Room) {
  const track = shallowRef<MediaStreamTrack | null>(null);
  const busy = ref(false);
  const mine = computed(() => sharesIn(view.value));

  function release(): void {
    track.value?.stop();
    track.value = null;
  }

  async function pick(): Promise<MediaStreamTrack | "cancelled" | "failed"> {
    try {
      const picked = (await navigator.mediaDevices.getDisplayMedia(PICTURE)).getVideoTracks()[0];
      if (!picked) return "failed";
      picked.contentHint = "detail";
      return picked;
    } catch (error) {
      return error instanceof DOMException && error.name === "NotAllowedError" ? "cancelled" : "failed";
    }
  }

  async function begin(): Promise<Shared> {
    const picked = await pick();
    if (typeof picked === "string") return picked;
    if (!(await room.act("screen.share"))) {
      picked.stop();
      return "refused";
    }
    // The browser's own "stop sharing", or the window shared was closed.
    picked.addEventListener("ended", () => void stop(), { once: true });
    track.value = picked;
    const now = await room.sync();
    // Either may have ended it again before any news of it came in.
    if (!sharesIn(now.view)) release();
    else if (picked.readyState === "ended") await end();
    return "yes";
  }

  async function end(): Promise<void> {
    release();
    await room.act("screen.stop");
  }

  async function start(): Promise<Shared | null> {
    if (busy.value) return null;
    busy.value = true;
    try {
      return await begin();
    } catch {
      // The line is down; coming back, the room says how things stand.
      return "failed";
    } finally {
      busy.value = false;
    }
  }

  async function stop(): Promise<void> {
    if (busy.value) return release();
    busy.value = true;
    try {
      await end();
    } finally {
      busy.value = false;
    }
  }

  watch(
    () => view.value?.etag,
    () => {
      if (busy.value) return;
      if (!mine.value) release();
      else if (track.value === null) void room.send("screen.stop").catch(() => undefined);
    },
  );
  onScopeDispose(release);

  return { track, busy, mine, start, stop, release };
}

export type Screen = ReturnType<typeof useScreen>;
