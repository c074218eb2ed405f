/** The tree of organs, flattened for a list with indents. */

import type { OrganView } from "@/protocol/messages";

export interface OrganLine {
  organ: OrganView;
  depth: number;
}

/** Parents before children; an organ whose parent is out of sight stands at the top. */
export function treeLines(organs: OrganView[]): OrganLine[] {
  const known = new Set(organs.map((organ) => organ.id));
  const lines: OrganLine[] = [];
  const walk = (parent: string | null, depth: number): void => {
    for (const organ of organs) {
      const above = organ.parent !== null && known.has(organ.parent) ? organ.parent : null;
      if (above !== parent) continue;
      lines.push({ organ, depth });
      walk(organ.id, depth + 1);
    }
  };
  walk(null, 0);
  return lines;
}
