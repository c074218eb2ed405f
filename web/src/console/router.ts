/** The page on screen, kept in step with the address. */

import { ref } from "vue";
import { pathOf, routeOf, type Route } from "./path";

export const route = ref<Route>(routeOf(here()));

function here(): string {
  return location.pathname + location.search;
}

export function go(to: Route): void {
  if (pathOf(to) !== here()) history.pushState(null, "", pathOf(to));
  route.value = to;
  scrollTo(0, 0);
}

addEventListener("popstate", () => {
  route.value = routeOf(here());
});
