import { computed, onScopeDispose, shallowRef, watch, type Ref } from "vue";
import type { QualityNews, QualityReport, RoomView } from "@/protocol/messages";
import type { PeerConnection } from "./peerConnection";
import { between, look, NOTHING, plus, still, type Inbound, type Look } from "./qualityStats";
import { tiles } from "./slots";

const LOOK_MS = 2500;
/** Every second look is reported. */
const LOOKS_PER_REPORT = 2;
/** A picture must miss that many looks before its tile says so. */
const STILL_LOOKS = 2;

type OwnTrouble = "voiceOnly" | "unseen" | "weak" | "sound";

export type SeatFigures = QualityNews["seats"][number];

/**
 * How this seat's connection carries: the server's word for people, what the browser alone can count, and which pictures
 * do not come. Old words go with the connection they were about.
 */
export function useQuality(
  view: Ref<RoomView | undefined>,
  news: Ref<QualityNews | null>,
  connection: Ref<PeerConnection | null>,
  connected: Ref<boolean>,
  report: (counts: QualityReport) => Promise<unknown>,
) {
  const unmoved = shallowRef<ReadonlySet<number>>(new Set());
  let missed = new Map<string, number>();
  let last: Look = new Map();
  let unsaid = NOTHING;
  let looks = 0;

  const shown = computed(() => (view.value ? tiles(view.value) : []));
  const current = computed(() => (connected.value ? news.value : null));

  /** The slots that carry something now, by the id of their track. */
  function carrying(what: "audio" | "video", from: PeerConnection): Map<string, number> {
    const counts = shown.value.filter((tile) => (what === "audio" ? tile.audible : tile.state === "live"));
    return new Map(
      counts.flatMap(({ slot }) => {
        const track = slot === null ? null : from.tracks(slot)[what];
        return track && slot !== null ? [[track.id, slot] as const] : [];
      }),
    );
  }

  async function lookNow(): Promise<void> {
    const from = connection.value;
    if (!from || !connected.value || document.visibilityState !== "visible") return;
    const pictures = carrying("video", from);
    const found: Inbound[] = [];
    (await from.pc.getStats()).forEach((one: Inbound) => found.push(one));
    if (connection.value !== from) return;
    const now = look(found, new Set([...pictures.keys(), ...carrying("audio", from).keys()]));
    missed = new Map(still(last, now, pictures.keys()).map((track) => [track, (missed.get(track) ?? 0) + 1]));
    unmoved.value = new Set(
      [...missed].flatMap(([track, times]) => (times >= STILL_LOOKS ? [pictures.get(track) ?? -1] : [])),
    );
    unsaid = plus(unsaid, between(last, now));
    last = now;
    if (++looks % LOOKS_PER_REPORT > 0) return;
    const { freezes, frozenMs, concealed, heard } = unsaid;
    unsaid = NOTHING;
    await report({ freezes, frozen_ms: frozenMs, concealed, heard });
  }

  function forget(): void {
    last = new Map();
    missed = new Map();
    unmoved.value = new Set();
  }

  const timer = setInterval(() => {
    // A report that is lost is not missed.
    void lookNow().catch(() => undefined);
  }, LOOK_MS);
  watch([connection, connected], forget);
  onScopeDispose(() => clearInterval(timer));

  /** What is wrong with the reader's own connection, the worst first. */
  const own = computed<OwnTrouble | null>(() => {
    const said = current.value;
    if (said?.picture === "none") return "voiceOnly";
    if (said?.sending === "unseen") return "unseen";
    if (said?.sending === "weak") return "weak";
    return said?.grade === "poor" ? "sound" : null;
  });

  /** Why the picture of a slot is not shown; `null`: it is. */
  function hidden(slot: number | null): "withheld" | "missing" | null {
    if (slot === null || !unmoved.value.has(slot)) return null;
    return current.value?.picture === "none" ? "withheld" : "missing";
  }

  /** The figures of another seat; only the mediator has them. */
  function figuresOf(seat: string): SeatFigures | null {
    return current.value?.seats.find((one) => one.seat === seat) ?? null;
  }

  return { own, hidden, figuresOf };
}
