/** What became of a party's link or an invite code. */

import type { InviteRow, LinkState } from "@/protocol/messages";

export type LinkStanding = "none" | "locked" | "expired" | "valid" | "opened";
export type InviteStanding = "expired" | "used" | "valid";

/** `now` is UTC ISO with milliseconds, like the times of the server. A locked link needs the officer first. */
export function linkStanding(link: LinkState | null, now: string): LinkStanding {
  if (link === null) return "none";
  if (Date.parse(link.expires_at) <= Date.parse(now)) return "expired";
  if (link.locked) return "locked";
  return link.opened ? "opened" : "valid";
}

export function inviteStanding(invite: InviteRow, now: string): InviteStanding {
  if (Date.parse(invite.expires_at) <= Date.parse(now)) return "expired";
  return invite.uses >= invite.max_uses ? "used" : "valid";
}
