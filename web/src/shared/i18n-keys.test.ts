import { describe, expect, it } from "vitest";

type Tree = { [key: string]: string | Tree };
const locales = import.meta.glob<Tree>("../*/locales/*.json", { eager: true, import: "default" });
const code = import.meta.glob<string>(["../**/*.{vue,ts}", "!../**/*.test.ts"], {
  eager: true,
  query: "?raw",
  import: "default",
});
const areas = ["shared", "room", "console"];

function leaves(tree: Tree, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [[prefix + key, value] as [string, string]] : leaves(value, `${prefix}${key}.`),
  );
}

/** Files beside this one are keyed "./…", all others "../area/…". */
function words(area: string, language: string): Map<string, string> {
  const tail = `locales/${language}.json`;
  const tree = locales[`../${area}/${tail}`] ?? (area === "shared" ? locales[`./${tail}`] : undefined);
  return new Map(leaves(tree ?? {}));
}

/** What the code can ask for: keys, or the start of keys, in quotes; and templates, where `${…}` stands for any steps. */
const quoted = new Set<string>();
const templates: RegExp[] = [];
for (const text of Object.values(code)) {
  for (const match of text.matchAll(/["'`]([\w-]+(?:\.[\w-]+)+)["'`]/g)) quoted.add(match[1] ?? "");
  for (const match of text.matchAll(/`([\w-]+(?:\.[\w-]+)*\.\$\{[^`]*)`/g)) {
    const pattern = (match[1] ?? "").replaceAll(".", "\\.").replace(/\$\{[^}]*\}/g, "[\\w.-]+");
    templates.push(new RegExp(`^${pattern}$`));
  }
}

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe.each(areas)("the words of %s", (area) => {
  const zh = words(area, "zh-CN");
  const en = words(area, "en");

  it("have the same keys in both languages", () => {
    expect([...en.keys()].sort()).toEqual([...zh.keys()].sort());
  });

  it("fill the same places in both languages", () => {
    for (const [key, text] of zh) expect([key, places(en.get(key) ?? "")]).toEqual([key, places(text)]);
  });

  it("are never empty", () => {
    for (const [key, text] of [...zh, ...en]) expect([key, text.trim()]).not.toEqual([key, ""]);
  });

  it("are all asked for somewhere", () => {
    const named = (key: string) => key.split(".").some((_, at, steps) => quoted.has(steps.slice(0, at + 1).join(".")));
    const unused = [...zh.keys()].filter((key) => !named(key) && !templates.some((one) => one.test(key)));
    expect(unused).toEqual([]);
  });

  it("contain every key that the code asks for by name", () => {
    const known = new Set([...zh.keys(), ...words("shared", "zh-CN").keys()]);
    const own = Object.entries(code).filter(([path]) =>
      area === "shared" ? !path.startsWith("../") : path.startsWith(`../${area}/`),
    );
    const asked = own.flatMap(([, text]) => [...text.matchAll(/\bt\(\s*"([\w.-]+)"/g)].map((match) => match[1] ?? ""));
    expect(asked.filter((key) => !known.has(key))).toEqual([]);
  });
});
