// Pods in the order in which a person wants them, and the mark by which each is known in logs.
import type { Pod } from "../../api";

/** Pods by node: nodes with pods that are not ready first, then by name; the same within a node. */
export function podsByNode(pods: readonly Pod[]): [string, Pod[]][] {
  const nodes = new Map<string, Pod[]>();
  for (const p of pods) nodes.set(p.node, [...(nodes.get(p.node) ?? []), p]);
  for (const on of nodes.values()) on.sort((a, b) => Number(a.ready) - Number(b.ready) || order(a.name, b.name));
  return [...nodes].sort(([a, on], [b, other]) => Number(on[0]!.ready) - Number(other[0]!.ready) || order(a, b));
}

const numeric = new Intl.Collator("en", { numeric: true });
const order = (a: string, b: string) => numeric.compare(a, b);

/** A mark of its own for each name: a shape, and the number of a colour from 0 to 5. Names keep theirs while the list grows at its end. */
export function markOf(names: readonly string[], name: string): { shape: string; colour: number } {
  const at = Math.max(0, names.indexOf(name));
  return { shape: shapes[at % shapes.length]!, colour: at % 6 };
}

const shapes = ["●", "▲", "■", "◆", "★", "▼", "⬟"];

/** The part of a pod's name that tells it from its siblings: "web-7d9c4b5f6-x2kq9" beside "web-7d9c4b5f6-p8dzz" is "x2kq9". */
export function shortNames(names: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of names) {
    const parts = name.split("-");
    let from = parts.length - 1;
    while (from > 0 && names.some((other) => other !== name && other.endsWith(parts.slice(from).join("-")))) from--;
    found.set(name, parts.slice(from).join("-"));
  }
  return found;
}
