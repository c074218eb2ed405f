import { ref } from "vue";

export type Route = { page: "party" } | { page: "third" } | { page: "seat"; seat: string } | { page: "unknown" };

function parseRoute(path: string): Route {
  if (path === "/j" || path === "/j/") return { page: "party" };
  if (path === "/i" || path === "/i/") return { page: "third" };
  const seat = /^\/room\/([A-Za-z0-9_:-]{1,64})\/?$/.exec(path)?.[1];
  return seat ? { page: "seat", seat } : { page: "unknown" };
}

export const route = ref<Route>(parseRoute(globalThis.location?.pathname ?? "/"));

/** To the seat's own address, from which a reload finds the way back. */
export function goToSeat(seat: string): void {
  history.replaceState(null, "", `/room/${encodeURIComponent(seat)}`);
  route.value = { page: "seat", seat };
}
