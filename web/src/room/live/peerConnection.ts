import type { MediaSetup } from "@/protocol/messages";
import { audioLine, SEND_LINES, videoLine } from "./slots";

const GATHERING_MS = 1000;

function preferCodecs(transceiver: RTCRtpTransceiver, kind: "audio" | "video"): void {
  const wanted = kind === "audio" ? "audio/opus" : "video/VP8";
  const codecs = RTCRtpReceiver.getCapabilities(kind)?.codecs.filter((codec) => codec.mimeType === wanted) ?? [];
  if (codecs.length > 0 && typeof transceiver.setCodecPreferences === "function") {
    transceiver.setCodecPreferences(codecs);
  }
}

function gathered(pc: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    if (pc.iceGatheringState === "complete") return resolve();
    const timer = setTimeout(resolve, GATHERING_MS);
    pc.addEventListener("icegatheringstatechange", () => {
      if (pc.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** One media connection: a fixed set of lines offered once, never renegotiated (see the protocol's chapter on media). */
export class PeerConnection {
  readonly pc: RTCPeerConnection;
  private readonly lines: RTCRtpTransceiver[] = [];

  constructor(
    readonly setup: MediaSetup,
    mic: MediaStreamTrack | null,
    camera: MediaStreamTrack | null,
  ) {
    const servers = setup.ice_servers.map((server) => ({
      urls: server.urls,
      ...(server.username ? { username: server.username, credential: server.credential ?? "" } : {}),
    }));
    const iceTransportPolicy = setup.relay_only ? "relay" : "all";
    this.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: servers, iceTransportPolicy });
    this.add("audio", "sendonly", mic);
    this.add("video", "sendonly", camera);
    this.add("video", "sendonly", null);
    for (let slot = 0; slot < setup.slots; slot++) {
      this.add("audio", "recvonly", null);
      this.add("video", "recvonly", null);
    }
  }

  private add(kind: "audio" | "video", direction: "sendonly" | "recvonly", track: MediaStreamTrack | null): void {
    const transceiver = this.pc.addTransceiver(track ?? kind, { direction });
    preferCodecs(transceiver, kind);
    this.lines.push(transceiver);
  }

  async negotiate(exchange: (offer: string) => Promise<string>): Promise<void> {
    await this.pc.setLocalDescription(await this.pc.createOffer());
    await gathered(this.pc);
    const sdp = await exchange(this.pc.localDescription?.sdp ?? "");
    await this.pc.setRemoteDescription({ type: "answer", sdp });
  }

  /** Resolves once packets can flow; rejects when they never will. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.pc.connectionState === "connected") resolve();
        if (this.pc.connectionState === "failed" || this.pc.connectionState === "closed") reject(new Error("media"));
      };
      this.pc.addEventListener("connectionstatechange", look);
      look();
    });
  }

  async send(mic: MediaStreamTrack | null, camera: MediaStreamTrack | null): Promise<void> {
    await Promise.all([this.lines[0]?.sender.replaceTrack(mic), this.lines[1]?.sender.replaceTrack(camera)]);
  }

  /** The tracks that carry a slot; they stay the same as long as this connection lives. */
  tracks(slot: number): { audio: MediaStreamTrack | null; video: MediaStreamTrack | null } {
    return {
      audio: this.lines[audioLine(slot)]?.receiver.track ?? null,
      video: this.lines[videoLine(slot)]?.receiver.track ?? null,
    };
  }

  close(): void {
    this.pc.close();
    for (const line of this.lines.slice(SEND_LINES)) line.receiver.track.stop();
  }
}
