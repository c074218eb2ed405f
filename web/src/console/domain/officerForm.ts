/** The form for a new account. */

import type { NewOfficer } from "@/protocol/messages";
import type { FieldMessages } from "./caseForm";
import { nameLooksRight } from "./checks";

export function officerProblems(draft: NewOfficer): FieldMessages {
  const found: FieldMessages = {};
  if (draft.name.trim() === "") found.name = "required";
  else if (!nameLooksRight(draft.name)) found.name = "name";
  if (draft.post.trim() === "") found.post = "required";
  if (draft.username.trim() === "") found.username = "required";
  else if (!/^[A-Za-z0-9._-]{2,40}$/.test(draft.username.trim())) found.username = "username";
  if (draft.organ === "") found.organ = "required";
  return found;
}
