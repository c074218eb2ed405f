/* Generated from the server's message models by `npm run protocol`. Do not edit. */

/**
 * Refuse to sign, with the reason.
 */
export interface AgreementDecline {
  reason: string;
}
/**
 * One edit of the draft, against the version the editor saw.
 */
export interface AgreementEdit {
  version: number;
  edit: EditFacts | EditTerm | RemoveTerm | EditClauses | Undo;
}
/**
 * Replace the statement of facts.
 */
export interface EditFacts {
  kind: "facts";
  facts: string;
}
/**
 * Add a term, or replace the one with this id.
 */
export interface EditTerm {
  kind: "term";
  id?: string | null;
  debtor: string;
  creditor: string;
  what: string;
  amount_fen?: number | null;
  way?: string;
  due?: string | null;
  place?: string;
}
/**
 * Take a term out.
 */
export interface RemoveTerm {
  kind: "remove_term";
  id: string;
}
/**
 * Replace the free clauses.
 */
export interface EditClauses {
  kind: "clauses";
  clauses: string[];
}
/**
 * Take back the last edit.
 */
export interface Undo {
  kind: "undo";
}
/**
 * Freeze the draft with this version.
 */
export interface AgreementLock {
  version: number;
}
/**
 * Sign the locked text with this hash.
 */
export interface AgreementSign {
  lock_hash: string;
  width: number;
  height: number;
  strokes: StrokePoint[][];
}
/**
 * A point of a finger stroke: CSS pixels, pressure 0–1, milliseconds.
 */
export interface StrokePoint {
  x: number;
  y: number;
  pressure: number;
  time: number;
}
/**
 * The agreement, as every admitted seat sees it.
 */
export interface AgreementView {
  status: "draft" | "locked" | "declined" | "sealed";
  version: number;
  title: string;
  facts: string;
  terms: TermView[];
  clauses: string[];
  parties: PartyChoice[];
  problems: ProblemView[];
  can_undo: boolean;
  lock_hash: string | null;
  lock_code: string | null;
  signers: SignerView[];
  declined_reason: string | null;
  sealed_at: string | null;
  /**
   * the whole text, from the lock on
   */
  document: DocumentView | null;
}
/**
 * One obligation: who pays (or does) what for whom, by when.
 */
export interface TermView {
  id: string;
  debtor: string;
  creditor: string;
  what: string;
  amount_fen: number | null;
  /**
   * the amount in Chinese capitals
   */
  amount_words: string | null;
  way: string;
  due: string | null;
  place: string;
}
/**
 * A party as debtor or creditor of a term.
 */
export interface PartyChoice {
  person: string;
  name: string;
  side: "A" | "B";
}
/**
 * What keeps the draft from being locked.
 */
export interface ProblemView {
  field: string;
  zh: string;
  en: string;
}
/**
 * A person whose signature the agreement needs.
 */
export interface SignerView {
  person: string;
  name: string;
  role: "mediator" | "party" | "lawyer" | "guardian" | "community_worker" | "interpreter" | "insurer" | "witness";
  side: ("A" | "B") | null;
  status: "waiting" | "signed" | "declined";
  at: string | null;
  you: boolean;
}
/**
 * The whole text as the page will print it, to be read before signing.
 */
export interface DocumentView {
  title: string;
  number: string;
  organ: string;
  mediator: string;
  fields: DocumentField[];
  parties: DocumentParty[];
  others: string[];
  preamble: string;
  terms: string[];
  clauses: string[];
  effect: string[];
  notices: string[];
}
/**
 * A labelled field of the form.
 */
export interface DocumentField {
  id: string;
  zh: string;
  en: string;
  value: string;
}
/**
 * A party as printed; others' numbers masked.
 */
export interface DocumentParty {
  label: string;
  person: string;
  name: string;
  gender: string;
  id_type: string;
  id_number: string;
  birth_date: string;
  workplace: string;
  phone: string;
  address: string;
}
/**
 * A stretch of the sitting with one side alone: not in the films.
 */
export interface Apart {
  from_ms: number;
  until_ms: number;
  side: "A" | "B";
}
/**
 * Ask for sealed lines of one sitting to be opened.
 */
export interface AskUnsealing {
  lines: string[];
  reason: string;
}
/**
 * Sent every few seconds; a client whose etag differs asks for `room.sync`.
 */
export interface Beat {
  etag: string;
  now: string;
}
/**
 * Fields to change, against the revision that was seen.
 */
export interface CaseChanges {
  revision: number;
  cause?: string | null;
  happened_at?: string | null;
  place?: string | null;
  facts?: string | null;
  community?: string | null;
  officer?: string | null;
}
/**
 * A case record to open (with its room).
 */
export interface CaseInput {
  number: string;
  track: "ZA" | "JT" | "RM";
  cause: string;
  happened_at: string;
  place: string;
  facts: string;
  /**
   * responsible officer; the caller when absent
   */
  officer?: string | null;
  community?: string;
  parties: PartyInput[];
}
/**
 * A party of the case.
 */
export interface PartyInput {
  side: "A" | "B";
  name: string;
  name_substitute?: string;
  id_type: "resident" | "passport" | "hk_macau" | "taiwan" | "foreign_residence" | "other";
  id_number: string;
  phone: string;
  address?: string;
  workplace?: string;
  gender?: "male" | "female" | "";
  birth_date?: string;
  private_contact?: boolean;
}
/**
 * A page of cases, newest first; `next` is given back as `after` for the following page.
 */
export interface CaseList {
  cases: CaseRow[];
  next: string | null;
}
/**
 * A line of the case list.
 */
export interface CaseRow {
  id: string;
  number: string;
  track: "ZA" | "JT" | "RM";
  cause: string;
  created_at: string;
  status: "open" | "closed";
  outcome: ("agreed" | "not_agreed" | "suspended" | "withdrawn" | "not_applicable") | null;
  officer_name: string;
  /**
   * masked names
   */
  parties: string[];
  phase: "idle" | "open" | "joint" | "caucus" | "paused";
  waiting: number;
}
/**
 * Everything that hangs on the case, in one place; the chat's and the agreement's words are read by asking.
 */
export interface CaseView {
  id: string;
  revision: number;
  number: string;
  track: "ZA" | "JT" | "RM";
  cause: string;
  happened_at: string;
  place: string;
  facts: string;
  community: string;
  status: "open" | "closed";
  outcome: ("agreed" | "not_agreed" | "suspended" | "withdrawn" | "not_applicable") | null;
  outcome_note: string;
  organ: string;
  officer: OfficerView;
  room: string;
  phase: "idle" | "open" | "joint" | "caucus" | "paused";
  parties: PartyRow[];
  invites: InviteRow[];
  seats: SeatRow[];
  sessions: SessionRow[];
  recordings: RecordingRow[];
  composites: CompositeRow[];
  chat: ChatRow[];
  notices: NoticeRow[];
  /**
   * without its words: facts, terms, clauses, problems and document are empty
   */
  agreement: AgreementView | null;
}
/**
 * An officer, as colleagues and administrators see one.
 */
export interface OfficerView {
  id: string;
  username: string;
  name: string;
  post: string;
  role: "officer" | "supervisor" | "administrator";
  organ: string;
  organ_name: string;
  disabled: boolean;
  must_change_password: boolean;
  /**
   * may take recordings out of the house
   */
  may_download: boolean;
}
/**
 * A party on the case page, masked.
 */
export interface PartyRow {
  id: string;
  side: "A" | "B";
  name: string;
  name_substitute: string;
  id_type: "resident" | "passport" | "hk_macau" | "taiwan" | "foreign_residence" | "other";
  id_number: string;
  phone: string;
  address: string;
  workplace: string;
  gender: string;
  birth_date: string;
  private_contact: boolean;
  link: LinkState | null;
}
/**
 * A party's live link, without its secret.
 */
export interface LinkState {
  expires_at: string;
  opened: boolean;
  locked: boolean;
}
/**
 * An invite code that still opens, without the code.
 */
export interface InviteRow {
  id: string;
  role: "lawyer" | "guardian" | "community_worker" | "interpreter" | "insurer" | "witness";
  side: ("A" | "B") | null;
  expires_at: string;
  uses: number;
  max_uses: number;
}
/**
 * A seat of the room.
 */
export interface SeatRow {
  id: string;
  name: string;
  role: "mediator" | "party" | "lawyer" | "guardian" | "community_worker" | "interpreter" | "insurer" | "witness";
  side: ("A" | "B") | null;
  presence: string;
  verified_at: string | null;
  consents: {
    [k: string]: boolean;
  };
}
/**
 * A sitting.
 */
export interface SessionRow {
  id: string;
  number: number;
  opened_at: string;
  started_at: string | null;
  ended_at: string | null;
  outcome: string | null;
  /**
   * how the seats' connections carried, as far as it was watched
   */
  quality: SittingQuality[];
}
/**
 * How a seat's connection carried over a sitting, as far as it was watched. Shares are per thousand.
 */
export interface SittingQuality {
  seat: string;
  /**
   * how long the seat was to hear and be heard while somebody watched
   */
  watched_s: number;
  connected_s: number;
  reconnects: number;
  down_loss_median: number | null;
  down_loss_worst: number | null;
  up_loss_median: number | null;
  up_loss_worst: number | null;
  rtt_median_ms: number | null;
  rtt_worst_ms: number | null;
  /**
   * share of the time with pictures due in which they were small
   */
  picture_low: number | null;
  /**
   * share in which they were withheld
   */
  picture_none: number | null;
  /**
   * share of the heard sound that was made up; null: the browser cannot say
   */
  concealed: number | null;
  freezes: number;
  frozen_s: number;
}
/**
 * A seat's recording of one sitting; `ready` ones can be played.
 */
export interface RecordingRow {
  id: string;
  session: string;
  seats: string[];
  /**
   * what these seats shared of their screen: a film of its own, without sound
   */
  screen: boolean;
  status: "capturing" | "processing" | "ready" | "failed" | "partial" | "empty" | "sealed";
  started_at: string | null;
  duration_ms: number | null;
  /**
   * a stable code where something is missing or failed
   */
  note: string;
}
/**
 * The film of a whole sitting, everybody in one picture; it can be played when `ready` or `partial`.
 */
export interface CompositeRow {
  id: string;
  session: string;
  status: "processing" | "ready" | "failed" | "partial" | "empty";
  /**
   * how far its making is
   */
  permille: number;
  started_at: string;
  duration_ms: number | null;
  /**
   * a stable code where something is missing or failed
   */
  note: string;
}
/**
 * A chat message on the record; one of a caucus is there only for the mediator who sat in it.
 */
export interface ChatRow {
  id: string;
  name: string;
  at: string;
  /**
   * empty on the case page: it is read by asking
   */
  text: string;
  /**
   * written in a caucus
   */
  private: boolean;
}
/**
 * A notice that the embedded default keeps here instead of sending; its text is read by asking.
 */
export interface NoticeRow {
  id: string;
  party: string | null;
  kind: string;
  to: string;
  at: string;
  expires_at: string | null;
}
/**
 * A new password of one's own.
 */
export interface ChangePassword {
  old: string;
  new: string;
}
/**
 * The chat with its words, oldest first; asking is on the timeline.
 */
export interface ChatRecord {
  chat: ChatRow[];
}
export interface ChatView {
  id: string;
  seat: string;
  name: string;
  at: string;
  text: string;
  private: boolean;
}
/**
 * How the case ended.
 */
export interface CloseCase {
  outcome: "agreed" | "not_agreed" | "suspended" | "withdrawn" | "not_applicable";
  note?: string;
}
/**
 * Ask for the one-time code to the phone on record.
 */
export interface CodeRequest {
  secret: string;
  name: string;
}
/**
 * The code is on its way; another may be asked for after `resend_after_s` seconds.
 */
export interface CodeSent {
  resend_after_s: number;
}
/**
 * The answers, with the version of the notice that was read.
 */
export interface ConsentRequest {
  online: boolean;
  personal_data: boolean;
  recording: boolean;
  esign: boolean;
  notice_version: string;
}
/**
 * One answer per matter; the recording is acknowledged, not consented to.
 */
export interface Consents {
  online: boolean;
  personal_data: boolean;
  recording: boolean;
  esign: boolean;
}
/**
 * Everything under seal, on hold or to be deleted of one case.
 */
export interface Custody {
  /**
   * whether the caller may ask for unsealing or deletion, and set holds
   */
  may_ask: boolean;
  may_lift: boolean;
  unsealings: UnsealingRow[];
  sittings: KeptRow[];
}
/**
 * A request to open sealed lines.
 */
export interface UnsealingRow {
  id: string;
  session: string;
  lines: string[];
  state: "requested" | "approved" | "refused" | "unsealed" | "expired";
  reason: string;
  requested_by: string;
  requested_at: string;
  decided_by: string;
  word: string;
  expires_at: string | null;
  /**
   * whether the caller may approve or refuse it now
   */
  may_decide: boolean;
  /**
   * whether the caller is one of its two people and it is open
   */
  may_watch: boolean;
  /**
   * only for who may watch
   */
  films: UnsealedFilm[];
}
/**
 * An unsealed film, for the two people of its request.
 */
export interface UnsealedFilm {
  id: string;
  line: string;
  status: "processing" | "ready" | "failed";
  duration_ms: number | null;
  /**
   * a stable code where something is missing or failed
   */
  note: string;
}
/**
 * How long a sitting's recording is kept: `until` is set for "until" and "free" (its time is over).
 */
export interface KeptRow {
  session: string;
  state: "running" | "held" | "permanent" | "until" | "free" | "deleting" | "deleted";
  until: string | null;
  hold: HoldRow | null;
  deletion: DeletionRow | null;
}
/**
 * A legal hold.
 */
export interface HoldRow {
  id: string;
  reason: string;
  set_by: string;
  set_at: string;
}
/**
 * A request to delete a sitting's recording.
 */
export interface DeletionRow {
  id: string;
  state: "requested" | "approved" | "refused" | "stopped" | "deleting" | "deleted";
  reason: string;
  requested_by: string;
  requested_at: string;
  decided_by: string;
  word: string;
  may_decide: boolean;
}
/**
 * A request that waits for the caller's decision.
 */
export interface CustodyTask {
  case: string;
  number: string;
  kind: "unsealing" | "deletion";
  requested_by: string;
  requested_at: string;
}
/**
 * All that waits for the caller's decision, oldest first.
 */
export interface CustodyTasks {
  tasks: CustodyTask[];
}
/**
 * A second person's word.
 */
export interface Decision {
  approve: boolean;
  word: string;
}
/**
 * Why the file is taken out of the house.
 */
export interface DownloadFilm {
  reason: string;
}
/**
 * Nothing to say beyond the name of the command.
 */
export interface Empty {}
export interface EndSession {
  outcome: "agreed" | "not_agreed" | "suspended" | "absent";
  note?: string;
}
export interface EnterCaucus {
  side: "A" | "B";
}
/**
 * The device now holds a credential (an HttpOnly cookie) for this seat.
 */
export interface Entered {
  seat: string;
}
/**
 * The officer's seat in the case's room.
 */
export interface EnteredRoom {
  room: string;
  seat: string;
}
/**
 * A refusal: stable code for programs, one sentence in each interface language for people.
 */
export interface ErrorBody {
  code: string;
  zh: string;
  en: string;
  detail?: string;
}
/**
 * What every refused request or command answers.
 */
export interface ErrorReply {
  error: ErrorBody;
}
/**
 * Where the file can be fetched, by the same officer, for ten minutes.
 */
export interface FilmAddress {
  path: string;
}
/**
 * One film of the sitting. Its time 0 is the sitting's start, as is that of all the others.
 */
export interface FilmRow {
  id: string;
  seats: string[];
  names: string[];
  screen: boolean;
  /**
   * everybody in one picture; it comes first
   */
  composite: boolean;
  status: "capturing" | "processing" | "ready" | "failed" | "partial" | "empty";
  duration_ms: number | null;
  /**
   * a stable code where something is missing or failed
   */
  note: string;
  /**
   * path of the file
   */
  content: string;
  /**
   * Base64: a byte (0 to 100) per half second, how loud it was; empty where unknown
   */
  speech: string;
}
/**
 * An entry of RTCConfiguration.iceServers.
 */
export interface IceServer {
  urls: string[];
  username?: string | null;
  credential?: string | null;
}
/**
 * Name, the code from the phone, and the last six characters of the identity document.
 */
export interface IdentifyRequest {
  secret: string;
  name: string;
  code: string;
  id_last6: string;
}
/**
 * The code (shown once).
 */
export interface InviteCode {
  code: string;
  expires_at: string;
}
/**
 * The sitting that ended last, and how.
 */
export interface LastView {
  number: number;
  outcome: "agreed" | "not_agreed" | "suspended" | "absent";
}
/**
 * The right to take recordings out of the house.
 */
export interface LetDownload {
  allowed: boolean;
}
/**
 * The secret of a party's link (128 bits, from the URL fragment).
 */
export interface LinkSecret {
  secret: string;
}
/**
 * What the bearer of a link learns before saying who they are: nothing of the case or the room.
 */
export interface LinkView {
  organ: string;
  name_masked: string;
  phone_masked: string;
  expires_at: string;
  locked: boolean;
}
/**
 * Something that happened in the sitting, and when.
 */
export interface Mark {
  /**
   * its number on the timeline; 0 for what is told of the agreement's words
   */
  seq: number;
  at: string;
  /**
   * place in the films; negative before their time 0
   */
  ms: number;
  act: string;
  seat: string | null;
  name: string;
  side: ("A" | "B") | null;
  /**
   * what was consented to, how somebody was recognised, or a clause's printed number
   */
  matter: string;
}
/**
 * The relay's answer. The connection belongs to this `media_epoch`, and ends with it.
 */
export interface MediaAnswer {
  sdp: string;
  epoch: number;
}
/**
 * The relay's connection is gone: offer again.
 */
export interface MediaLost {
  why: string;
  epoch?: number;
}
/**
 * The browser's one offer for a new connection. m-lines: see the protocol's chapter on media.
 */
export interface MediaOffer {
  sdp: string;
}
/**
 * What a browser needs before it offers.
 */
export interface MediaSetup {
  /**
   * receive slots for people: a pair of audio and video each
   */
  slots: number;
  /**
   * the receive slot after those: one video line, for the shared screen
   */
  screen_slot: number;
  ice_servers: IceServer[];
  /**
   * send media through the TURN servers alone
   */
  relay_only: boolean;
}
export interface MediaSwitches {
  mic: boolean;
  camera: boolean;
}
/**
 * Where the agreement's words were written, locked and signed; what lies in no sitting is left out.
 */
export interface Minutes {
  lock: Place | null;
  signatures: PlaceOf[];
  terms: PlaceOf[];
  /**
   * id: the clause's number, from 0
   */
  clauses: PlaceOf[];
}
/**
 * A place in a sitting's films.
 */
export interface Place {
  session: string;
  ms: number;
}
/**
 * Where one person, term or clause (by id) is to be found.
 */
export interface PlaceOf {
  id: string;
  /**
   * the person's; null for words
   */
  seat: string | null;
  place: Place;
}
export interface MuteSeat {
  seat: string;
  muted: boolean;
}
/**
 * An invite code to make.
 */
export interface NewInvite {
  role: "lawyer" | "guardian" | "community_worker" | "interpreter" | "insurer" | "witness";
  side?: ("A" | "B") | null;
  uses?: number;
  hours?: number;
}
/**
 * A party's fresh link (shown once; an older one is revoked).
 */
export interface NewLink {
  /**
   * path with the secret in its fragment
   */
  path: string;
  expires_at: string;
}
/**
 * An account to add.
 */
export interface NewOfficer {
  username: string;
  name: string;
  post: string;
  role: "officer" | "supervisor" | "administrator";
  organ: string;
}
/**
 * An organ to add beneath another.
 */
export interface NewOrgan {
  parent: string;
  name: string;
  kind: "bureau" | "station" | "committee" | "brigade";
}
export interface Nothing {}
/**
 * The notice of rights and duties, as read before consenting.
 */
export interface Notice {
  version: string;
  title: string;
  paragraphs: string[];
}
/**
 * The officers in sight.
 */
export interface Officers {
  officers: OfficerView[];
}
export interface OneSeat {
  seat: string;
}
/**
 * Shown once; must be changed at the first sign-in.
 */
export interface OneTimePassword {
  officer: OfficerView;
  password: string;
}
/**
 * An organ of the tree.
 */
export interface OrganView {
  id: string;
  parent: string | null;
  name: string;
  kind: "bureau" | "station" | "committee" | "brigade";
}
/**
 * The organs in sight; `parent`s make the tree.
 */
export interface Organs {
  organs: OrganView[];
}
/**
 * Another admitted seat.
 */
export interface PeerView {
  seat: string;
  name: string;
  role: "mediator" | "party" | "lawyer" | "guardian" | "community_worker" | "interpreter" | "insurer" | "witness";
  side: ("A" | "B") | null;
  slot: number | null;
  presence: "invited" | "entering" | "waiting" | "admitted" | "refused" | "removed" | "left";
  online: boolean;
  mic: boolean;
  camera: boolean;
  muted: boolean;
  hand: boolean;
  verified: boolean;
  media: "none" | "connecting" | "connected" | "failed";
  apart: boolean;
}
/**
 * How the reader's own connection carries; sent when it changes, never on record.
 */
export interface QualityNews {
  grade: "good" | "fair" | "poor";
  /**
   * none: pictures are withheld so that the sound comes through
   */
  picture: "high" | "low" | "none" | "off";
  /**
   * weak: others may see the reader badly; unseen: they get no picture
   */
  sending: "ok" | "weak" | "unseen";
  /**
   * everybody whose state the reader may see; empty but for the mediator
   */
  seats: SeatQuality[];
}
/**
 * A seat's figures; only the mediator is told them.
 */
export interface SeatQuality {
  seat: string;
  grade: "good" | "fair" | "poor";
  /**
   * the worst layer among the pictures it is to receive
   */
  picture: "high" | "low" | "none" | "off";
  sending: "ok" | "weak" | "unseen";
  /**
   * the best layer of its own camera that arrives
   */
  layer: "high" | "low" | "none" | "off";
  up_kbps: number;
  down_kbps: number;
  /**
   * the worse of its two directions
   */
  loss_percent: number;
  rtt_ms: number | null;
  /**
   * in this sitting
   */
  freezes: number;
  /**
   * of the sound it heard lately; null: not known
   */
  concealed_percent: number | null;
}
/**
 * What only the browser knows, since its last report; said every few seconds.
 */
export interface QualityReport {
  /**
   * pictures that stood still
   */
  freezes: number;
  /**
   * how long, over all pictures
   */
  frozen_ms: number;
  /**
   * samples of sound that had to be made up
   */
  concealed: number;
  /**
   * all samples of sound
   */
  heard: number;
}
/**
 * Why.
 */
export interface Reason {
  reason: string;
}
/**
 * A signed head of the chain, for keeping elsewhere.
 */
export interface ReceiptView {
  text: string;
}
/**
 * A third party's name, role and invite code.
 */
export interface RedeemRequest {
  code: string;
  name: string;
  role: "lawyer" | "guardian" | "community_worker" | "interpreter" | "insurer" | "witness";
}
/**
 * Another tab or device holds this seat now.
 */
export interface Replaced {
  why: "other_tab" | "other_device" | "removed";
}
/**
 * A masked field to see in clear; asking is on the timeline. `facts` is the case's own (party null).
 */
export interface Reveal {
  party: string | null;
  field: "facts" | "id_number" | "phone" | "address" | "birth_date" | "workplace";
}
/**
 * The value, once.
 */
export interface Revealed {
  value: string;
}
/**
 * Everything one seat may know.
 *
 * Before admission everything but `you`, `organ` and `waiting_hint` is empty, `None` or zero.
 */
export interface RoomView {
  etag: string;
  organ: string;
  you: YouView;
  phase: ("idle" | "open" | "joint" | "caucus" | "paused") | null;
  waiting_hint:
    | (
        | "enter"
        | "wait"
        | "refused"
        | "removed"
        | "left"
        | "replaced"
        | "not_open"
        | "not_started"
        | "break"
        | "recorder_failed"
        | "caucus_elsewhere"
      )
    | null;
  private: boolean;
  caucus: "none" | "member" | "other_side";
  caucus_side: ("A" | "B") | null;
  session: SessionView | null;
  last: LastView | null;
  recorder: ("idle" | "ok" | "degraded" | "failed") | null;
  screen: ScreenView | null;
  peers: PeerView[];
  waiting: WaitingView[];
  chat: ChatView[];
  media_epoch: number;
  media_former: number;
}
/**
 * The reader's own seat.
 */
export interface YouView {
  seat: string;
  name: string;
  role: "mediator" | "party" | "lawyer" | "guardian" | "community_worker" | "interpreter" | "insurer" | "witness";
  side: ("A" | "B") | null;
  presence: "invited" | "entering" | "waiting" | "admitted" | "refused" | "removed" | "left";
  place: number | null;
  mic: boolean;
  camera: boolean;
  muted: boolean;
  hand: boolean;
  verified: boolean;
  consents: {
    [k: string]: boolean;
  };
}
export interface SessionView {
  number: number;
  started_at: string | null;
}
/**
 * The shared screen that the reader may see, or shares.
 */
export interface ScreenView {
  seat: string;
  name: string;
  slot: number | null;
}
/**
 * Somebody at the door, as the mediator sees them (nobody else receives this).
 */
export interface WaitingView {
  seat: string;
  name: string;
  role: "mediator" | "party" | "lawyer" | "guardian" | "community_worker" | "interpreter" | "insurer" | "witness";
  side: ("A" | "B") | null;
  claimed_name: string;
  name_matches: boolean;
  phone_confirmed: boolean;
  id_hint_ok: boolean;
  since: string;
  new_device: boolean;
  refused: boolean;
  online: boolean;
}
/**
 * Where a seat's holder stands on the way in.
 */
export interface SeatEntry {
  seat: string;
  name: string;
  role: "mediator" | "party" | "lawyer" | "guardian" | "community_worker" | "interpreter" | "insurer" | "witness";
  side: ("A" | "B") | null;
  organ: string;
  step: "consents" | "ready" | "declined";
  consents: Consents | null;
  notice: Notice;
  agreement_ready: boolean;
}
export interface SeatReason {
  seat: string;
  reason?: string;
}
export interface SendChat {
  text: string;
}
export interface SetHand {
  raised: boolean;
}
/**
 * Local account.
 */
export interface SignIn {
  username: string;
  password: string;
}
/**
 * An act on one sitting's recording, and why.
 */
export interface SittingReason {
  session: string;
  reason: string;
}
/**
 * All that this seat may know, now. `etag` changes exactly when the rest does.
 */
export interface Snapshot {
  etag: string;
  view: RoomView;
  agreement: AgreementView | null;
  media: MediaSetup;
}
/**
 * Sent with the Socket.IO connection; the credential itself is the cookie.
 */
export interface SocketAuth {
  seat: string;
  tab: string;
  /**
   * protocol version
   */
  version: string;
}
/**
 * A part of a film.
 */
export interface Stretch {
  from_ms: number;
  until_ms: number;
}
/**
 * An entry of the case's hash chain.
 */
export interface TimelineRow {
  seq: number;
  at: string;
  actor: string;
  act: string;
  article: string | null;
  /**
   * null where it is erased, or was said in another's caucus
   */
  payload: {
    [k: string]: unknown;
  } | null;
  hash: string;
  /**
   * how many entries of captured data in a row this line, the newest, means
   */
  times?: number;
}
/**
 * The chain, and whether it holds.
 */
export interface TimelineView {
  entries: TimelineRow[];
  /**
   * how many entries the chain has
   */
  length: number;
  intact: boolean;
  reason: string;
}
export interface VerifySeat {
  seat: string;
  method: "id_document" | "known_in_person" | "video_look";
}
/**
 * A sitting to watch.
 */
export interface WatchView {
  case: string;
  number: string;
  session: string;
  session_number: number;
  started_at: string | null;
  ended_at: string | null;
  length_ms: number;
  films: FilmRow[];
  marks: Mark[];
  apart: Apart[];
}
/**
 * What was played of a film, said on leaving it.
 */
export interface Watched {
  film: string;
  stretches: Stretch[];
}
