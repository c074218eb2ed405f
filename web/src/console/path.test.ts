import { describe, expect, it } from "vitest";
import { pathOf, routeOf } from "./path";

describe("the console's addresses", () => {
  it("lead to their page and back", () => {
    for (const path of [
      "/console",
      "/console/new",
      "/console/admin",
      "/console/password",
      "/console/cases/case_3f9k",
    ]) {
      expect(pathOf(routeOf(path))).toBe(path);
    }
  });

  it("show the cases where nothing else is meant", () => {
    for (const path of ["/", "/console/", "/console/cases", "/console/nothing", "/console/cases/..%2f", "/other"]) {
      expect([path, routeOf(path)]).toEqual([path, { page: "cases" }]);
    }
  });
});
