/** The console's requests, one function each. */

import type {
  AgreementView,
  CaseChanges,
  CaseInput,
  CaseList,
  CaseView,
  ChangePassword,
  ChatRecord,
  CloseCase,
  EnteredRoom,
  InviteCode,
  NewInvite,
  NewLink,
  NewOfficer,
  NewOrgan,
  OfficerView,
  OneTimePassword,
  OrganView,
  PartyInput,
  ReceiptView,
  Reveal,
  Revealed,
  SignIn,
  TimelineView,
} from "@/protocol/messages";
import { get, post } from "@/shared/api";

const ofCase = (id: string) => `/api/cases/${encodeURIComponent(id)}`;
const ofParty = (id: string, party: string) => `${ofCase(id)}/parties/${encodeURIComponent(party)}`;
const ofOfficer = (id: string) => `/api/officers/${encodeURIComponent(id)}`;

export const me = () => get<OfficerView>("/api/officer/me");
export const signIn = (body: SignIn) => post<OfficerView>("/api/officer/sign-in", body);
export const signOut = () => post<object>("/api/officer/sign-out");
export const changePassword = (body: ChangePassword) => post<OfficerView>("/api/officer/password", body);

export const listOfficers = async () => (await get<{ officers: OfficerView[] }>("/api/officers")).officers;
export const addOfficer = (body: NewOfficer) => post<OneTimePassword>("/api/officers", body);
export const setDisabled = (id: string, off: boolean) =>
  post<OfficerView>(`${ofOfficer(id)}/${off ? "disable" : "enable"}`);
export const resetOfficer = (id: string) => post<OneTimePassword>(`${ofOfficer(id)}/reset`);
export const listOrgans = async () => (await get<{ organs: OrganView[] }>("/api/organs")).organs;
export const addOrgan = (body: NewOrgan) => post<OrganView>("/api/organs", body);

export function listCases(status: "open" | "closed" | "all", q: string, after: string | null): Promise<CaseList> {
  const query = new URLSearchParams({ status });
  if (q !== "") query.set("q", q);
  if (after !== null) query.set("after", after);
  return get<CaseList>(`/api/cases?${query.toString()}`);
}
export const createCase = (body: CaseInput) => post<CaseView>("/api/cases", body);
export const readCase = (id: string) => get<CaseView>(ofCase(id));
export const editCase = (id: string, body: CaseChanges) => post<CaseView>(ofCase(id), body);
export const editParty = (id: string, party: string, body: PartyInput) => post<CaseView>(ofParty(id, party), body);
export const reveal = (id: string, body: Reveal) => post<Revealed>(`${ofCase(id)}/reveal`, body);
export const readNotice = (id: string, notice: string) =>
  post<Revealed>(`${ofCase(id)}/notices/${encodeURIComponent(notice)}/read`);
export const readChat = (id: string) => post<ChatRecord>(`${ofCase(id)}/chat/read`);
export const readAgreement = (id: string) => post<AgreementView>(`${ofCase(id)}/agreement/read`);
export const closeCase = (id: string, body: CloseCase) => post<CaseView>(`${ofCase(id)}/close`, body);
export const enterRoom = (id: string) => post<EnteredRoom>(`${ofCase(id)}/enter`);
export const readTimeline = (id: string) => get<TimelineView>(`${ofCase(id)}/timeline`);
export const readReceipt = (id: string) => get<ReceiptView>(`${ofCase(id)}/receipt`);

export const makeLink = (id: string, party: string) => post<NewLink>(`${ofParty(id, party)}/link`);
export const revokeLink = (id: string, party: string) => post<CaseView>(`${ofParty(id, party)}/link/revoke`);
export const unlockParty = (id: string, party: string) => post<CaseView>(`${ofParty(id, party)}/unlock`);
export const makeInvite = (id: string, body: NewInvite) => post<InviteCode>(`${ofCase(id)}/invites`, body);
export const revokeInvite = (id: string, invite: string) =>
  post<CaseView>(`${ofCase(id)}/invites/${encodeURIComponent(invite)}/revoke`);

export const agreementAddress = (id: string) => `${ofCase(id)}/agreement.pdf`;
export const recordingAddress = (id: string) => `/api/recordings/${encodeURIComponent(id)}/content`;
export const compositeAddress = (id: string) => `/api/composites/${encodeURIComponent(id)}/content`;
