import type {
  AgreementDecline,
  AgreementEdit,
  AgreementSign,
  CaucusEnter,
  ChatSend,
  HandSet,
  MediaAnswer,
  MediaOffer,
  MediaState,
  SeatMute,
  SeatReason,
  SeatRef,
  SeatVerify,
  SessionEnd,
  Snapshot,
} from "@/protocol/messages";

type Nothing = Record<string, never>;

/** Every command: its payload and what the acknowledgement carries beside `ok`. */
export interface Commands {
  "room.sync": [Nothing, Snapshot];
  "media.offer": [MediaOffer, MediaAnswer];
  "media.state": [MediaState, Nothing];
  "hand.set": [HandSet, Nothing];
  "chat.send": [ChatSend, Nothing];
  "seat.leave": [Nothing, Nothing];
  "session.open": [Nothing, Nothing];
  "session.start": [Nothing, Nothing];
  "session.pause": [Nothing, Nothing];
  "session.resume": [Nothing, Nothing];
  "session.end": [SessionEnd, Nothing];
  "seat.admit": [SeatRef, Nothing];
  "seat.refuse": [SeatReason, Nothing];
  "seat.remove": [SeatReason, Nothing];
  "seat.verify": [SeatVerify, Nothing];
  "seat.mute": [SeatMute, Nothing];
  "seat.lower_hand": [SeatRef, Nothing];
  "caucus.enter": [CaucusEnter, Nothing];
  "caucus.leave": [Nothing, Nothing];
  "agreement.start": [Nothing, Nothing];
  "agreement.edit": [AgreementEdit, Nothing];
  "agreement.lock": [{ version: number }, Nothing];
  "agreement.unlock": [Nothing, Nothing];
  "agreement.reopen": [Nothing, Nothing];
  "agreement.sign": [AgreementSign, Nothing];
  "agreement.decline": [AgreementDecline, Nothing];
  "agreement.seal": [Nothing, Nothing];
}

export type CommandName = keyof Commands;
export type Payload<C extends CommandName> = Commands[C][0];
export type Reply<C extends CommandName> = Commands[C][1];
