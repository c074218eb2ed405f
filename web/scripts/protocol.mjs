// Writes src/protocol/messages.ts from the JSON schema that the server exports (build/protocol.schema.json, or the path given).
import { compile } from "json-schema-to-typescript";
import { readFile, writeFile } from "node:fs/promises";
import { format } from "prettier";

const source = process.argv[2] ?? new URL("../../build/protocol.schema.json", import.meta.url);
const target = new URL("../src/protocol/messages.ts", import.meta.url);

/** Titles that pydantic gives to fields would each become a type alias; only the models' own names are wanted. */
function withoutFieldTitles(node, isModel) {
  if (Array.isArray(node)) return node.map((item) => withoutFieldTitles(item, false));
  if (node === null || typeof node !== "object") return node;
  const copy = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === "title" && typeof value === "string" && !isModel) continue;
    if (key === "$defs" || key === "definitions") {
      copy[key] = Object.fromEntries(
        Object.entries(value).map(([name, model]) => [name, withoutFieldTitles(model, true)]),
      );
    } else if (key === "properties") {
      copy[key] = Object.fromEntries(
        Object.entries(value).map(([name, field]) => [name, withoutFieldTitles(field, false)]),
      );
    } else if (key === "maxItems" || key === "minItems") {
      // Bounded arrays would turn into unions of tuples.
      continue;
    } else {
      copy[key] = withoutFieldTitles(value, false);
    }
  }
  return copy;
}

const schema = withoutFieldTitles(JSON.parse(await readFile(source, "utf8")), true);
const text = await compile({ ...schema, title: "Protocol" }, "Protocol", {
  additionalProperties: false,
  bannerComment: "/* Generated from the server's message models by `npm run protocol`. Do not edit. */",
  format: false,
  unreachableDefinitions: true,
});
const tidy = text
  .replace(
    / \*\s*\n \* This interface was referenced by `Protocol`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g,
    "",
  )
  .replace(
    /\/\*\*\n \* This interface was referenced by `Protocol`'s JSON-Schema\n \* via the `definition` "\w+"\.\n \*\/\n/g,
    "",
  )
  .replace(/export interface Protocol \{\n\[k: string\]: unknown\n\}\n/, "");
await writeFile(target, await format(tidy, { parser: "typescript", printWidth: 120 }));
