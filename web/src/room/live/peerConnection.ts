import type { MediaSetup } from "@/protocol/messages";
import { audioLine, screenLine, SEND_LINES, videoLine } from "./slots";

/** The camera in two layers, the small one first: the relay chooses for each receiver. */
const CAMERA: RTCRtpEncodingParameters[] = [
  { rid: "q", scaleResolutionDownBy: 2, maxBitrate: 150_000 },
  { rid: "h", maxBitrate: 900_000 },
];
const SCREEN: RTCRtpEncodingParameters[] = [{ maxBitrate: 1_500_000, maxFramerate: 10 }];

function preferCodecs(transceiver: RTCRtpTransceiver, kind: "audio" | "video"): void {
  const wanted = kind === "audio" ? ["audio/opus", "audio/red"] : ["video/VP8", "video/rtx"];
  const known = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
  const codecs = known.filter((codec) => wanted.includes(codec.mimeType));
  // Repetition and redundancy alone are no codecs: a device without VP8 offers what it has, and its picture lines come back rejected.
  const any = codecs.some((codec) => codec.mimeType === wanted[0]);
  if (any && typeof transceiver.setCodecPreferences === "function") {
    transceiver.setCodecPreferences(codecs);
  }
}

/** One media connection: a fixed set of lines offered once, never renegotiated (see the protocol's chapter on media). */
export class PeerConnection {
  readonly pc: RTCPeerConnection;
  private readonly lines: RTCRtpTransceiver[] = [];

  constructor(
    readonly setup: MediaSetup,
    mic: MediaStreamTrack | null,
    camera: MediaStreamTrack | null,
    screen: MediaStreamTrack | null,
  ) {
    const servers = setup.ice_servers.map((server) => ({
      urls: server.urls,
      ...(server.username ? { username: server.username, credential: server.credential ?? "" } : {}),
    }));
    const iceTransportPolicy = setup.relay_only ? "relay" : "all";
    this.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: servers, iceTransportPolicy });
    this.add("audio", "sendonly", mic);
    this.add("video", "sendonly", camera, CAMERA);
    this.add("video", "sendonly", screen, SCREEN);
    for (let slot = 0; slot < setup.slots; slot++) {
      this.add("audio", "recvonly", null);
      this.add("video", "recvonly", null);
    }
    this.add("video", "recvonly", null);
  }

  private add(
    kind: "audio" | "video",
    direction: "sendonly" | "recvonly",
    track: MediaStreamTrack | null,
    sendEncodings?: RTCRtpEncodingParameters[],
  ): void {
    let transceiver: RTCRtpTransceiver;
    try {
      transceiver = this.pc.addTransceiver(track ?? kind, { direction, ...(sendEncodings ? { sendEncodings } : {}) });
    } catch {
      // An old browser that knows no encodings sends one, as it likes.
      transceiver = this.pc.addTransceiver(track ?? kind, { direction });
    }
    preferCodecs(transceiver, kind);
    this.lines.push(transceiver);
  }

  async negotiate(exchange: (offer: string) => Promise<string>): Promise<void> {
    await this.pc.setLocalDescription(await this.pc.createOffer());
    // At once, with no address of ours gathered yet: the relay answers wherever our checks come from.
    const sdp = await exchange(this.pc.localDescription?.sdp ?? "");
    await this.pc.setRemoteDescription({ type: "answer", sdp });
    if (!/^a=simulcast:/m.test(sdp)) await this.oneLayer();
  }

  /** Without layers (an old browser, or they are not wanted) the one there is is the whole picture. */
  private async oneLayer(): Promise<void> {
    const sender = this.lines[1]?.sender;
    const parameters = sender?.getParameters();
    const [first] = parameters?.encodings ?? [];
    if (!sender || !parameters || !first) return;
    Object.assign(first, { scaleResolutionDownBy: 1, maxBitrate: CAMERA[1]?.maxBitrate });
    await sender.setParameters(parameters).catch(() => undefined);
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

  async send(...tracks: (MediaStreamTrack | null)[]): Promise<void> {
    await Promise.all(tracks.map((track, line) => this.lines[line]?.sender.replaceTrack(track)));
  }

  /** The track that carries the shared screen of another. */
  screen(): MediaStreamTrack | null {
    return this.lines[screenLine(this.setup.slots)]?.receiver.track ?? null;
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
