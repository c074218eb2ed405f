import { onScopeDispose, ref, watch, type Ref } from "vue";

/** Loudness of a stream's microphone, 0–1, ten times a second. */
export function useMicLevel(stream: Ref<MediaStream | null>): Readonly<Ref<number>> {
  const level = ref(0);
  let context: AudioContext | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;

  function close(): void {
    clearInterval(timer);
    void context?.close();
    context = null;
    level.value = 0;
  }

  watch(stream, (now) => {
    close();
    if (!now || now.getAudioTracks().length === 0 || typeof AudioContext !== "function") return;
    context = new AudioContext();
    void context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 512;
    context.createMediaStreamSource(now).connect(analyser);
    const samples = new Uint8Array(analyser.fftSize);
    timer = setInterval(() => {
      // Bytes, because older Safari has no float samples.
      analyser.getByteTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + ((sample - 128) / 128) ** 2, 0) / samples.length;
      level.value = Math.min(1, Math.sqrt(power) * 4);
    }, 100);
  });
  onScopeDispose(close);
  return level;
}
