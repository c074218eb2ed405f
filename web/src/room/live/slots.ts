import type { PeerView, RoomView } from "@/protocol/messages";

/**
 * The offer's fixed order: microphone, camera, screen, then an audio and a video line for each receive slot of a person,
 * then one video line for the shared screen.
 */
export const SEND_LINES = 3;

export function audioLine(slot: number): number {
  return SEND_LINES + 2 * slot;
}

export function videoLine(slot: number): number {
  return SEND_LINES + 2 * slot + 1;
}

/** The line of the shared screen, after those of `slots` people. */
export function screenLine(slots: number): number {
  return audioLine(slots);
}

/** Whether anything flows to and from this seat. */
export function flowing(view: RoomView): boolean {
  return view.phase === "joint" || (view.phase === "caucus" && view.caucus === "member");
}

type TileState =
  | "live" // picture shown
  | "voice" // connected, camera off
  | "connecting"
  | "away" // the person's device is offline
  | "apart" // behind a caucus wall: nothing of them may be shown
  | "outside" // the reader is in a caucus, this peer is not
  | "still" // nothing flows now (not begun, break)
  | "here"; // sits at the reader's own device

export interface Tile {
  seat: string;
  name: string;
  role: PeerView["role"];
  side: PeerView["side"];
  slot: number | null;
  state: TileState;
  /** Whether this peer's sound may be played. */
  audible: boolean;
  mic: boolean;
  muted: boolean;
  hand: boolean;
  verified: boolean;
}

function outside(peer: PeerView, view: RoomView): boolean {
  return view.caucus === "member" && peer.role !== "mediator" && peer.side !== view.caucus_side;
}

function stateOf(peer: PeerView, view: RoomView): TileState {
  if (peer.apart) return "apart";
  if (outside(peer, view)) return "outside";
  if (peer.slot === null) return "here";
  if (!peer.online) return "away";
  if (!flowing(view)) return "still";
  if (peer.media !== "connected") return "connecting";
  return peer.camera ? "live" : "voice";
}

const ORDER = { mediator: 0, A: 1, B: 2, none: 3 };

function rank(peer: PeerView): number {
  return peer.role === "mediator" ? ORDER.mediator : ORDER[peer.side ?? "none"];
}

/** The peers as tiles: the mediator first, then side A, side B, and those who stand between; within each by slot. */
export function tiles(view: RoomView): Tile[] {
  return view.peers
    .filter((peer) => peer.presence === "admitted")
    .sort((one, other) => rank(one) - rank(other) || (one.slot ?? 99) - (other.slot ?? 99))
    .map((peer) => {
      const state = stateOf(peer, view);
      return {
        seat: peer.seat,
        name: peer.name,
        role: peer.role,
        side: peer.side,
        slot: peer.slot,
        state,
        audible: (state === "live" || state === "voice") && peer.mic && !peer.muted,
        mic: peer.mic,
        muted: peer.muted,
        hand: !peer.apart && peer.hand,
        verified: peer.verified,
      };
    });
}
