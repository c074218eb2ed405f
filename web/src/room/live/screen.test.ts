import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, nextTick, ref, type EffectScope } from "vue";
import type { RoomView, Snapshot } from "@/protocol/messages";
import { useScreen, type Screen } from "./screen";

/** A browser's track, as far as sharing goes. */
class Track extends EventTarget {
  readyState = "live";
  contentHint = "";

  stop(): void {
    this.readyState = "ended";
  }

  /** The browser's own "stop sharing". */
  end(): void {
    this.stop();
    this.dispatchEvent(new Event("ended"));
  }
}

const view = ref<RoomView>();
let etag = 0;
let granted = true;
let asked: string[] = [];
let track: Track;
let scope: EffectScope;
let screen: Screen;

/** What the server says next: who shares. */
function news(sharer: string | null): RoomView {
  const screen = sharer ? { seat: sharer, name: "某", slot: 7 } : null;
  return { etag: String(++etag), you: { seat: "me" }, screen } as RoomView;
}

async function hear(sharer: string | null): Promise<void> {
  view.value = news(sharer);
  await nextTick();
}

function browser(pick: () => Promise<unknown>): void {
  vi.stubGlobal("navigator", { mediaDevices: { getDisplayMedia: pick } });
}

let synced: () => RoomView;

beforeEach(() => {
  [granted, asked, track] = [true, [], new Track()];
  view.value = news(null);
  synced = () => news("me");
  browser(async () => ({ getVideoTracks: () => [track] }));
  scope = effectScope();
  screen = scope.run(() =>
    useScreen(view, {
      act: async (name) => {
        asked.push(name);
        return granted;
      },
      send: async (name) => asked.push(name),
      sync: async () => ({ view: synced() }) as Snapshot,
    }),
  ) as Screen;
});
afterEach(() => {
  scope.stop();
  vi.unstubAllGlobals();
});

describe("sharing a screen", () => {
  it("sends the track once the room has agreed", async () => {
    expect(await screen.start()).toBe("yes");
    await hear("me");
    expect([screen.track.value, track.contentHint, track.readyState]).toEqual([track, "detail", "live"]);
    expect(asked).toEqual(["screen.share"]);
  });

  it("asks nobody when the person thought better of it", async () => {
    browser(() => Promise.reject(new DOMException("", "NotAllowedError")));
    expect(await screen.start()).toBe("cancelled");
    browser(() => Promise.reject(new DOMException("", "NotReadableError")));
    expect(await screen.start()).toBe("failed");
    expect(asked).toEqual([]);
  });

  it("lets the screen go when the room refuses", async () => {
    granted = false;
    expect(await screen.start()).toBe("refused");
    expect([screen.track.value, track.readyState]).toEqual([null, "ended"]);
  });

  it("lets the screen go when the room ends it", async () => {
    await screen.start();
    await hear("me");
    await hear(null);
    expect([screen.track.value, track.readyState]).toEqual([null, "ended"]);
    expect(asked).toEqual(["screen.share"]);
  });

  it("lets the screen go when the room had ended it before any news came", async () => {
    synced = () => news(null);
    await screen.start();
    expect([screen.track.value, track.readyState]).toEqual([null, "ended"]);
  });

  it("ends with the browser's own button", async () => {
    await screen.start();
    await hear("me");
    track.end();
    await nextTick();
    expect([screen.track.value, asked.at(-1)]).toEqual([null, "screen.stop"]);
  });

  it("is ended for a page that was loaded anew and shows nothing", async () => {
    await hear("me");
    expect(asked).toEqual(["screen.stop"]);
  });

  it("leaves another's alone", async () => {
    await hear("another");
    expect(asked).toEqual([]);
    expect(screen.mine.value).toBe(false);
  });

  it("ends with the page", async () => {
    await screen.start();
    scope.stop();
    expect(track.readyState).toBe("ended");
  });
});
