import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

type Tree = { [key: string]: string | Tree };
const root = join(import.meta.dirname, "..");
const areas = ["shared", "room", "console"];

function leaves(tree: Tree, prefix = ""): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") all.set(prefix + key, value);
    else for (const [name, text] of leaves(value, `${prefix}${key}.`)) all.set(name, text);
  }
  return all;
}

function words(area: string, language: string): Map<string, string> {
  return leaves(JSON.parse(readFileSync(join(root, area, "locales", `${language}.json`), "utf8")) as Tree);
}

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.(vue|ts)$/.test(name) && !name.endsWith(".test.ts") ? [readFileSync(path, "utf8")] : [];
  });
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
    for (const [key, text] of [...zh, ...en]) expect([key, text.trim() === ""]).toEqual([key, false]);
  });

  it("contain every key that the code asks for by name", () => {
    const known = new Set([...zh.keys(), ...words("shared", "zh-CN").keys()]);
    const asked = sources(join(root, area)).flatMap((text) =>
      [...text.matchAll(/\bt\(\s*"([\w.-]+)"/g)].map((match) => match[1] ?? ""),
    );
    expect(asked.filter((key) => !known.has(key))).toEqual([]);
  });
});
