/** The console's few addresses. */

export interface WatchRoute {
  page: "watch";
  id: string;
  session: string;
  /** Where to begin. */
  ms: number;
  /** Whose film; empty for the first there is. */
  seat: string;
}

export type Route =
  | { page: "cases" }
  | { page: "new" }
  | { page: "case"; id: string }
  | WatchRoute
  | { page: "admin" }
  | { page: "password" };

const ID = /^[A-Za-z0-9_:-]{1,64}$/;

/** `path` is the address's path with its query. */
export function routeOf(path: string): Route {
  const [way = "", query = ""] = path.split("?");
  const [first, second, third, fourth, fifth] = way.replace(/\/+$/, "").split("/").slice(1);
  if (first !== "console") return { page: "cases" };
  if (second === "new" || second === "admin" || second === "password") return { page: second };
  if (second === "cases" && third !== undefined && ID.test(third)) {
    if (fourth === "watch" && fifth !== undefined && ID.test(fifth)) {
      const asked = new URLSearchParams(query);
      const ms = Number(asked.get("ms") ?? 0);
      const seat = asked.get("seat") ?? "";
      return {
        page: "watch",
        id: third,
        session: fifth,
        ms: Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : 0,
        seat: ID.test(seat) ? seat : "",
      };
    }
    return { page: "case", id: third };
  }
  return { page: "cases" };
}

export function pathOf(route: Route): string {
  if (route.page === "watch") {
    const query = new URLSearchParams();
    if (route.ms > 0) query.set("ms", String(route.ms));
    if (route.seat !== "") query.set("seat", route.seat);
    const tail = query.toString();
    return `/console/cases/${route.id}/watch/${route.session}${tail === "" ? "" : `?${tail}`}`;
  }
  if (route.page === "case") return `/console/cases/${route.id}`;
  return route.page === "cases" ? "/console" : `/console/${route.page}`;
}
