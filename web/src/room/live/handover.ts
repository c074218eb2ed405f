/** When a media connection counts, and when its successor carries enough for it to go. */

/** What the room says of the connection in hand: keep it, make one, make its successor first, or end it first. */
type Turn = "keep" | "make" | "succeed" | "replace";

/**
 * `mine` is the epoch that the connection in hand belongs to (0: there is none), `epoch` and `former` are the room's. A
 * connection of any other epoch leads to a relay that nobody answers for: nothing may be sent there any more.
 */
export function turn(mine: number, epoch: number, former: number): Turn {
  if (mine === 0) return "make";
  if (epoch === 0) return "replace";
  // Epochs only grow: a lower one is news of before.
  if (mine >= epoch) return "keep";
  return mine === former ? "succeed" : "replace";
}

/** What came in by each line, in frames or packets. */
export type Received = number[];

/** Whether `fresh` has something on every line on which `old` still grew from `before` to `now`. */
export function carriesAll(before: Received, now: Received, fresh: Received): boolean {
  return now.every((count, line) => count <= (before[line] ?? 0) || (fresh[line] ?? 0) > 0);
}

const LOOK_MS = 200;
const LONGEST_MS = 4000;

async function received(pc: RTCPeerConnection): Promise<Received> {
  return Promise.all(
    pc.getTransceivers().map(async (line) => {
      let count = 0;
      (await line.receiver.getStats()).forEach((report: RTCInboundRtpStreamStats) => {
        if (report.type !== "inbound-rtp") return;
        count += (report.kind === "video" ? report.framesDecoded : report.packetsReceived) ?? 0;
      });
      return count;
    }),
  );
}

/** Wait until everybody who is still seen or heard by the old connection is so by the new one; not for ever. */
export async function handedOver(old: RTCPeerConnection, fresh: RTCPeerConnection): Promise<void> {
  const end = Date.now() + LONGEST_MS;
  let before = await received(old);
  while (Date.now() < end && old.connectionState === "connected") {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const now = await received(old);
    if (carriesAll(before, now, await received(fresh))) return;
    before = now;
  }
}
