/** The console's few addresses. */

import { ref } from "vue";

export type Route =
  { page: "cases" } | { page: "new" } | { page: "case"; id: string } | { page: "admin" } | { page: "password" };

export function routeOf(path: string): Route {
  const [first, second, third] = path.replace(/\/+$/, "").split("/").slice(1);
  if (first !== "console") return { page: "cases" };
  if (second === "new" || second === "admin" || second === "password") return { page: second };
  if (second === "cases" && third !== undefined && /^[A-Za-z0-9_:-]{1,64}$/.test(third))
    return { page: "case", id: third };
  return { page: "cases" };
}

export function pathOf(route: Route): string {
  if (route.page === "case") return `/console/cases/${route.id}`;
  return route.page === "cases" ? "/console" : `/console/${route.page}`;
}

export const route = ref<Route>(routeOf(location.pathname));

export function go(to: Route): void {
  if (pathOf(to) !== location.pathname) history.pushState(null, "", pathOf(to));
  route.value = to;
  scrollTo(0, 0);
}

addEventListener("popstate", () => {
  route.value = routeOf(location.pathname);
});
