import { computed, onScopeDispose, ref, shallowRef } from "vue";
import { hasPictures } from "./pictures";

export type DeviceTrouble = "denied" | "missing" | "busy" | "unsupported" | "failed";

/** Why the browser gave no camera or microphone. */
export function troubleOf(error: unknown): DeviceTrouble {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  if (name === "TypeError") return "unsupported";
  return "failed";
}

const PICTURE: MediaTrackConstraints = {
  width: { ideal: 640 },
  height: { ideal: 360 },
  frameRate: { ideal: 20, max: 25 },
  facingMode: "user",
};
const SOUND: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

async function acquire(kind: "audio" | "video"): Promise<MediaStreamTrack> {
  const wanted = kind === "audio" ? { audio: SOUND } : { video: PICTURE };
  const stream = await navigator.mediaDevices.getUserMedia(wanted);
  const track = stream.getTracks()[0];
  if (!track) throw new DOMException("no track", "NotFoundError");
  return track;
}

/**
 * This device's microphone and camera. A switched-off camera is released (its light goes out); a switched-off microphone
 * stays open but silent, so that switching it on is instant. Tracks that die (a phone call, a sleeping phone) are fetched again.
 * A device that cannot send the room's pictures leaves its camera alone: nobody would see what it films.
 */
export function useDevices(wanted: { mic: boolean; camera: boolean }) {
  const mic = shallowRef<MediaStreamTrack | null>(null);
  const camera = shallowRef<MediaStreamTrack | null>(null);
  const wantMic = ref(wanted.mic);
  const pictures = hasPictures();
  const wantCamera = ref(wanted.camera && pictures);
  const micTrouble = ref<DeviceTrouble | null>(null);
  const cameraTrouble = ref<DeviceTrouble | null>(null);
  let running = false;
  let work: Promise<void> = Promise.resolve();

  const track = { audio: mic, video: camera };
  const trouble = { audio: micTrouble, video: cameraTrouble };

  function release(kind: "audio" | "video"): void {
    track[kind].value?.stop();
    track[kind].value = null;
  }

  async function ensure(kind: "audio" | "video", on: boolean): Promise<void> {
    const held = track[kind].value;
    if (held && held.readyState === "live") {
      if (kind === "video" && !on) release(kind);
      else held.enabled = on;
      return;
    }
    track[kind].value = null;
    if (!on) return;
    try {
      const fresh = await acquire(kind);
      if (!running) return fresh.stop();
      fresh.addEventListener("ended", () => void apply(), { once: true });
      track[kind].value = fresh;
      trouble[kind].value = null;
    } catch (error) {
      trouble[kind].value = troubleOf(error);
    }
  }

  /** Bring the tracks to what is wanted; one at a time, in the order asked. */
  function apply(): Promise<void> {
    work = work.then(async () => {
      if (!running || document.visibilityState === "hidden") return;
      await ensure("audio", wantMic.value);
      await ensure("video", wantCamera.value);
    });
    return work;
  }

  function start(): Promise<void> {
    running = true;
    return apply();
  }

  function stop(): void {
    running = false;
    release("audio");
    release("video");
  }

  function setMic(on: boolean): Promise<void> {
    wantMic.value = on;
    if (mic.value) mic.value.enabled = on;
    return apply();
  }

  function setCamera(on: boolean): Promise<void> {
    wantCamera.value = on && pictures;
    if (!wantCamera.value) release("video");
    return apply();
  }

  const onVisible = () => void apply();
  document.addEventListener("visibilitychange", onVisible);
  onScopeDispose(() => {
    document.removeEventListener("visibilitychange", onVisible);
    stop();
  });

  return {
    mic,
    camera,
    wantMic,
    wantCamera,
    micTrouble,
    cameraTrouble,
    /** Whether this device takes part with pictures at all. */
    pictures,
    /** What is really being sent. */
    micOn: computed(() => wantMic.value && mic.value !== null),
    cameraOn: computed(() => wantCamera.value && camera.value !== null),
    start,
    stop,
    setMic,
    setCamera,
  };
}

export type Devices = ReturnType<typeof useDevices>;
