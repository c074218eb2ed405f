/** What became of a party's link or an invite code. */

import type { InviteRow, LinkState } from "@/protocol/messages";

export type LinkStanding = "none" | "locked" | "revoked" | "expired" | "valid";
export type InviteStanding = "revoked" | "expired" | "used" | "valid";

/** `now` is UTC ISO with milliseconds, like the times of the server. A locked link needs the officer first. */
export function linkStanding(link: LinkState | null, now: string): LinkStanding {
  if (link === null) return "none";
  if (link.revoked) return "revoked";
  if (Date.parse(link.expires_at) <= Date.parse(now)) return "expired";
  return link.locked ? "locked" : "valid";
}

export function inviteStanding(invite: InviteRow, now: string): InviteStanding {
  if (invite.revoked) return "revoked";
  if (Date.parse(invite.expires_at) <= Date.parse(now)) return "expired";
  return invite.uses >= invite.max_uses ? "used" : "valid";
}
