type Side = { getCapabilities?: (kind: string) => RTCRtpCapabilities | null };

/** Every picture in a room is VP8, sent on as it came. A browser that does not say what it can do is taken to have it. */
export function hasPictures(): boolean {
  const { RTCRtpSender, RTCRtpReceiver } = globalThis as { RTCRtpSender?: Side; RTCRtpReceiver?: Side };
  return [RTCRtpSender, RTCRtpReceiver].every((side) => {
    const codecs = side?.getCapabilities?.("video")?.codecs;
    return codecs === undefined || codecs.some((codec) => codec.mimeType.toLowerCase() === "video/vp8");
  });
}
