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
      "/console/cases/case_3f9k/watch/ses_1",
      "/console/cases/case_3f9k/watch/ses_1?ms=61500&seat=seat_2",
    ]) {
      expect(pathOf(routeOf(path))).toBe(path);
    }
  });

  it("take a place in a recording only as a number and a seat", () => {
    const route = { page: "watch", id: "case_1", session: "ses_1", ms: 0, seat: "" };
    for (const query of ["", "?", "?ms=-5", "?ms=x&seat=a/b", "?ms=Infinity"]) {
      expect(routeOf(`/console/cases/case_1/watch/ses_1${query}`)).toEqual(route);
    }
    expect(routeOf("/console/cases/case_1/watch/..%2f")).toEqual({ page: "case", id: "case_1" });
  });

  it("show the cases where nothing else is meant", () => {
    for (const path of ["/", "/console/", "/console/cases", "/console/nothing", "/console/cases/..%2f", "/other"]) {
      expect([path, routeOf(path)]).toEqual([path, { page: "cases" }]);
    }
  });
});
