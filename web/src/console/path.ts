/** The console's few addresses. */

export type Route =
  { page: "cases" } | { page: "new" } | { page: "case"; id: string } | { page: "admin" } | { page: "password" };

export function routeOf(path: string): Route {
  const [first, second, third] = path.replace(/\/+$/, "").split("/").slice(1);
  if (first !== "console") return { page: "cases" };
  if (second === "new" || second === "admin" || second === "password") return { page: second };
  if (second === "cases" && third !== undefined && /^[A-Za-z0-9_:-]{1,64}$/.test(third)) {
    return { page: "case", id: third };
  }
  return { page: "cases" };
}

export function pathOf(route: Route): string {
  if (route.page === "case") return `/console/cases/${route.id}`;
  return route.page === "cases" ? "/console" : `/console/${route.page}`;
}
