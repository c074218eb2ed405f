import { io, type Socket } from "socket.io-client";
import { nextTick, onScopeDispose, ref, shallowRef } from "vue";
import type { Beat, ErrorBody, MediaLost, QualityNews, Replaced, Snapshot } from "@/protocol/messages";
import type { CommandName, Payload, Reply } from "./commands";
import { randomId } from "./ids";
import { backoff, begin, heard, step, type LinkEvent } from "./linkState";

const PROTOCOL = "1";
const ACK_MS = 8000;
/** Making and sealing a document loads fonts and signs; a busy station computer takes its time. */
const SLOW_ACK_MS = 60_000;
const TRIES = 4;

const CONNECTION_LOST: ErrorBody = {
  code: "network.unreachable",
  zh: "网络不通，这一步没有完成。连上之后请再试一次。",
  en: "The network is down and this was not done. Try again once connected.",
  detail: "",
};

/**
 * The socket of one seat. The snapshot is the only truth: commands change nothing here, the server's next snapshot does.
 * Reconnects by itself; a command that lost its acknowledgement is sent again under the same key, so it happens once.
 */
export function useRoomLink(seat: string, onMediaLost: (lost: MediaLost) => void, onStop: () => void) {
  const link = ref(begin(Date.now()));
  const snapshot = shallowRef<Snapshot | null>(null);
  const refusal = shallowRef<ErrorBody | null>(null);
  const news = shallowRef<QualityNews | null>(null);
  let attempt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let syncing = false;

  const socket: Socket = io({
    path: "/socket.io",
    transports: ["websocket"],
    auth: { seat, tab: randomId(), version: PROTOCOL },
    reconnection: false,
    timeout: ACK_MS,
    autoConnect: false,
  });

  function happen(event: LinkEvent): void {
    const [next, action] = step(link.value, event, Date.now());
    link.value = next;
    if (action === "sync") void sync();
    if (action === "reconnect") reconnectSoon();
    if (action === "stop") stop();
  }

  function reconnectSoon(): void {
    clearTimeout(retry);
    // Broken off, not said goodbye: the server keeps our place and our media for a moment.
    socket.io.engine?.close();
    socket.disconnect();
    retry = setTimeout(() => socket.connect(), backoff(attempt++));
  }

  function stop(): void {
    clearTimeout(retry);
    socket.disconnect();
    onStop();
  }

  async function sync(): Promise<void> {
    if (syncing) return;
    syncing = true;
    try {
      take(await once("room.sync", { key: randomId() }));
    } catch {
      if (link.value.phase === "online") happen({ type: "dropped" });
    } finally {
      syncing = false;
    }
  }

  function take(fresh: Snapshot): void {
    link.value = heard(link.value, Date.now());
    snapshot.value = fresh;
  }

  /** One emission. Throws an ErrorBody when refused, anything else when the acknowledgement was lost. */
  async function once<C extends CommandName>(name: C, payload: object): Promise<Reply<C>> {
    const reply = (await socket
      .timeout(name.startsWith("agreement.") ? SLOW_ACK_MS : ACK_MS)
      .emitWithAck(name, payload)) as { error?: ErrorBody } & Reply<C>;
    link.value = heard(link.value, Date.now());
    if (reply.error) throw reply.error;
    return reply;
  }

  async function send<C extends CommandName>(name: C, payload: Payload<C>): Promise<Reply<C>> {
    const message = { key: randomId(), ...payload };
    for (let tries = 0; tries < TRIES; tries++) {
      try {
        return await once(name, message);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        if (link.value.phase !== "online" && link.value.phase !== "lost") break;
        // A dropped socket rejects at once: leave it a moment to come back.
        if (!socket.connected) await new Promise((resolve) => setTimeout(resolve, backoff(tries)));
      }
    }
    throw CONNECTION_LOST;
  }

  socket.on("connect", () => {
    attempt = 0;
    happen({ type: "connected" });
  });
  socket.on("disconnect", (reason) => {
    news.value = null;
    if (reason !== "io client disconnect") happen({ type: "dropped" });
  });
  socket.on("connect_error", (error: Error & { data?: ErrorBody | { error?: ErrorBody } }) => {
    const data = error.data;
    const body = data && "error" in data ? data.error : (data as ErrorBody | undefined);
    if (body?.code) {
      refusal.value = body;
      happen({ type: "refused" });
    } else {
      happen({ type: "unreachable" });
      clearTimeout(retry);
      retry = setTimeout(() => socket.connect(), backoff(attempt++));
    }
  });
  // When the private sign goes out the server waits for our word that it is off the screen.
  socket.on("snapshot", (fresh: Snapshot, seen?: () => void) => {
    take(fresh);
    if (seen) void nextTick(seen);
  });
  socket.on("beat", (beat: Beat) => {
    link.value = heard(link.value, Date.now());
    if (beat.etag !== snapshot.value?.etag) void sync();
  });
  socket.on("replaced", (message: Replaced) => happen({ type: "replaced", why: message.why }));
  socket.on("media.lost", (message: MediaLost) => onMediaLost(message));
  socket.on("quality", (fresh: QualityNews) => (news.value = fresh));

  const timer = setInterval(() => happen({ type: "tick", now: Date.now() }), 1000);
  function lookAgain(): void {
    if (document.visibilityState !== "visible") return;
    // A phone that slept has timers and sockets in doubt: ask, and let the answer or its absence tell.
    if (link.value.phase === "online") void sync();
    else if (link.value.phase === "lost") {
      attempt = 0;
      reconnectSoon();
    }
  }
  document.addEventListener("visibilitychange", lookAgain);
  window.addEventListener("online", lookAgain);
  onScopeDispose(() => {
    clearInterval(timer);
    clearTimeout(retry);
    document.removeEventListener("visibilitychange", lookAgain);
    window.removeEventListener("online", lookAgain);
    socket.disconnect();
  });

  socket.connect();
  return { link, snapshot, refusal, news, send };
}
