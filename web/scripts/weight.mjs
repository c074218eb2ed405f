// Prints what each page loads at once, gzip, in kB: the HTML, its scripts, preloads and styles (dynamic imports are listed apart).
import { readFile, readdir } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const size = async (path) => gzipSync(await readFile(new URL(path, dist)), { level: 9 }).length;
const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(7);

const counted = new Set();
for (const page of ["room.html", "console.html"]) {
  const html = await readFile(new URL(page, dist), "utf8");
  const files = [...new Set([...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1]))];
  let total = await size(page);
  console.log(page);
  console.log(`${kb(total)}  ${page}`);
  for (const file of files) {
    const bytes = await size(file);
    counted.add(file);
    total += bytes;
    console.log(`${kb(bytes)}  ${file}`);
  }
  console.log(`${kb(total)}  in all\n`);
}
console.log("loaded later");
for (const name of await readdir(new URL("assets/", dist))) {
  if (!counted.has(`assets/${name}`)) console.log(`${kb(await size(`assets/${name}`))}  assets/${name}`);
}
