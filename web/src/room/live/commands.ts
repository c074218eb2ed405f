import type {
  AgreementDecline,
  AgreementEdit,
  AgreementSign,
  EnterCaucus,
  SendChat,
  SetHand,
  MediaAnswer,
  MediaOffer,
  MediaSwitches,
  MuteSeat,
  QualityReport,
  SeatReason,
  OneSeat,
  VerifySeat,
  EndSession,
  Snapshot,
} from "@/protocol/messages";

type Nothing = Record<string, never>;

/** Every command: its payload and what the acknowledgement carries beside `ok`. */
interface Commands {
  "room.sync": [Nothing, Snapshot];
  "media.offer": [MediaOffer, MediaAnswer];
  "media.state": [MediaSwitches, Nothing];
  "screen.share": [Nothing, Nothing];
  "screen.stop": [Nothing, Nothing];
  "quality.report": [QualityReport, Nothing];
  "hand.set": [SetHand, Nothing];
  "chat.send": [SendChat, Nothing];
  "seat.leave": [Nothing, Nothing];
  "session.open": [Nothing, Nothing];
  "session.start": [Nothing, Nothing];
  "session.pause": [Nothing, Nothing];
  "session.resume": [Nothing, Nothing];
  "session.end": [EndSession, Nothing];
  "seat.admit": [OneSeat, Nothing];
  "seat.refuse": [SeatReason, Nothing];
  "seat.remove": [SeatReason, Nothing];
  "seat.verify": [VerifySeat, Nothing];
  "seat.mute": [MuteSeat, Nothing];
  "seat.lower_hand": [OneSeat, Nothing];
  "caucus.enter": [EnterCaucus, Nothing];
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
