import { afterEach, expect, it, vi } from "vitest";
import { hasPictures } from "./pictures";

const side = (...names: string[]) => ({
  getCapabilities: () => ({ codecs: names.map((mimeType) => ({ mimeType })), headerExtensions: [] }),
});

afterEach(() => vi.unstubAllGlobals());

it.each([
  [side("video/VP8", "video/H264"), side("video/VP8"), true],
  [side("video/vp8"), side("video/vp8"), true],
  [side("video/H264"), side("video/VP8"), false],
  [side("video/VP8"), side("video/H264", "video/rtx"), false],
  [side(), side(), false],
])("needs VP8 both ways", (sender, receiver, expected) => {
  vi.stubGlobal("RTCRtpSender", sender);
  vi.stubGlobal("RTCRtpReceiver", receiver);
  expect(hasPictures()).toBe(expected);
});

it.each([undefined, {}, { getCapabilities: () => null }])("trusts a browser that does not say", (quiet) => {
  vi.stubGlobal("RTCRtpSender", quiet);
  vi.stubGlobal("RTCRtpReceiver", quiet);
  expect(hasPictures()).toBe(true);
});
