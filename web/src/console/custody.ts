/** Requests about what is sealed, held or to be deleted. */

import type { AskUnsealing, Custody, CustodyTasks, Decision, Reason, SittingReason } from "@/protocol/messages";
import { get, post } from "@/shared/api";

const part = encodeURIComponent;

export const readCustody = (id: string) => get<Custody>(`/api/cases/${part(id)}/custody`);
export const custodyTasks = async () => (await get<CustodyTasks>("/api/custody")).tasks;
export const askUnsealing = (id: string, body: AskUnsealing) =>
  post<Custody>(`/api/cases/${part(id)}/unsealings`, body);
export const decideUnsealing = (request: string, body: Decision) =>
  post<Custody>(`/api/unsealings/${part(request)}`, body);
export const holdSitting = (id: string, body: SittingReason) => post<Custody>(`/api/cases/${part(id)}/holds`, body);
export const liftHold = (id: string, hold: string, body: Reason) =>
  post<Custody>(`/api/cases/${part(id)}/holds/${part(hold)}/lift`, body);
export const askDeletion = (id: string, body: SittingReason) => post<Custody>(`/api/cases/${part(id)}/deletions`, body);
export const decideDeletion = (request: string, body: Decision) =>
  post<Custody>(`/api/deletions/${part(request)}`, body);
export const unsealedAddress = (film: string) => `/api/unsealed/${part(film)}/content`;
