// Where the nodes of a neighbourhood stand: what uses the workload to its left, what it depends on to its right.

export interface LayoutNode {
  id: string;
  name: string;
}

export interface LayoutEdge {
  from: string;
  to: string;
}

/** A node's place: its middle, in pixels. */
export interface Place {
  id: string;
  x: number;
  y: number;
}

export interface Layout {
  width: number;
  height: number;
  places: Place[];
  paths: { edge: number; d: string }[]; // edge is an index into the given edges
}

export const nodeWidth = 176;
export const nodeHeight = 34;
const columnGap = 96;
const rowGap = 12;
const margin = 6;
const bow = 44; // px that an edge over several columns keeps clear of what it passes

/** The column of each node: distance from the focus, negative along edges that lead to it. Nodes on both sides stand where they are nearer. */
export function columns(focus: string, nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Map<string, number> {
  const right = distances(focus, edges, (e) => [e.from, e.to]);
  const left = distances(focus, edges, (e) => [e.to, e.from]);
  const found = new Map<string, number>();
  for (const { id } of nodes) {
    const r = right.get(id);
    const l = left.get(id);
    if (id === focus) found.set(id, 0);
    else if (r !== undefined && (l === undefined || r <= l)) found.set(id, r);
    else if (l !== undefined) found.set(id, -l);
  }
  settle(found, nodes, edges);
  return found;
}

// What neither leads to the focus nor is led to stands beside what it is linked with.
function settle(found: Map<string, number>, nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]) {
  for (let again = true; again; ) {
    again = false;
    for (const e of edges) {
      const from = found.get(e.from);
      const to = found.get(e.to);
      if (from !== undefined && to === undefined) {
        found.set(e.to, from + 1);
        again = true;
      } else if (to !== undefined && from === undefined) {
        found.set(e.from, to - 1);
        again = true;
      }
    }
  }
  for (const { id } of nodes) if (!found.has(id)) found.set(id, 1);
}

function distances(focus: string, edges: readonly LayoutEdge[], ends: (e: LayoutEdge) => [string, string]): Map<string, number> {
  const next = new Map<string, string[]>();
  for (const e of edges) {
    const [from, to] = ends(e);
    next.set(from, [...(next.get(from) ?? []), to]);
  }
  const found = new Map([[focus, 0]]);
  const queue = [focus];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    for (const to of next.get(id) ?? []) {
      if (found.has(to)) continue;
      found.set(to, found.get(id)! + 1);
      queue.push(to);
    }
  }
  return found;
}

/** The layout in columns: enough for the two dozen nodes that a person can take in. */
export function columnLayout(focus: string, nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Layout {
  const column = columns(focus, nodes, edges);
  const byColumn = new Map<number, LayoutNode[]>();
  for (const n of nodes) byColumn.set(column.get(n.id)!, [...(byColumn.get(column.get(n.id)!) ?? []), n]);
  const order = [...byColumn.keys()].sort((a, b) => a - b);
  const tallest = Math.max(1, ...[...byColumn.values()].map((c) => c.length));
  const isFar = edges.some((e) => Math.abs((column.get(e.from) ?? 0) - (column.get(e.to) ?? 0)) > 1);
  const height = tallest * nodeHeight + (tallest - 1) * rowGap + 2 * (isFar ? bow : margin);
  const at = new Map<string, Place>();
  // from the middle outwards, so that each column can be ordered by what it is linked with
  for (const c of [...order].sort((a, b) => Math.abs(a) - Math.abs(b))) {
    const x = margin + nodeWidth / 2 + order.indexOf(c) * (nodeWidth + columnGap);
    place(byColumn.get(c)!, x, height, at, edges);
  }
  const width = order.length * nodeWidth + (order.length - 1) * columnGap + 2 * margin;
  return { width, height, places: [...at.values()], paths: paths(edges, at, height / 2) };
}

function place(column: LayoutNode[], x: number, height: number, at: Map<string, Place>, edges: readonly LayoutEdge[]) {
  const weight = new Map(column.map((n) => [n.id, heightOfLinks(n.id, at, edges)]));
  column.sort((a, b) => weight.get(a.id)! - weight.get(b.id)! || (a.name < b.name ? -1 : 1));
  const all = column.length * nodeHeight + (column.length - 1) * rowGap;
  column.forEach((n, i) => at.set(n.id, { id: n.id, x, y: (height - all) / 2 + nodeHeight / 2 + i * (nodeHeight + rowGap) }));
}

function heightOfLinks(id: string, at: Map<string, Place>, edges: readonly LayoutEdge[]): number {
  const ys = edges.flatMap((e) => (e.from === id ? [at.get(e.to)?.y] : e.to === id ? [at.get(e.from)?.y] : [])).filter((y) => y !== undefined);
  return ys.length === 0 ? 0 : ys.reduce((a, b) => a + b, 0) / ys.length;
}

/** Curves from the right side of one node to the left side of the other; those over several columns pass above or below of the middle. */
export function paths(edges: readonly LayoutEdge[], at: ReadonlyMap<string, Place>, middle: number): Layout["paths"] {
  return edges.flatMap((e, edge) => {
    const a = at.get(e.from);
    const b = at.get(e.to);
    return a && b ? [{ edge, d: curve(a, b, middle) }] : [];
  });
}

function curve(a: Place, b: Place, height: number): string {
  const half = nodeWidth / 2;
  if (a.id === b.id) return `M${a.x + half} ${a.y - 6} c 28 -22 28 34 0 12`;
  if (a.x === b.x) {
    // in one column: a bow to the right
    const x = a.x + half;
    return `M${x} ${a.y} C${x + 46} ${a.y} ${x + 46} ${b.y} ${x} ${b.y}`;
  }
  const [from, to] = a.x < b.x ? [a.x + half, b.x - half] : [a.x - half, b.x + half];
  const middle = (from + to) / 2;
  if (Math.abs(to - from) > nodeWidth + columnGap) {
    const y = (a.y + b.y) / 2 < height ? Math.min(a.y, b.y) - bow : Math.max(a.y, b.y) + bow;
    return `M${from} ${a.y} C${from + (middle - from) / 2} ${y} ${to - (to - middle) / 2} ${y} ${to} ${b.y}`;
  }
  return `M${from} ${a.y} C${middle} ${a.y} ${middle} ${b.y} ${to} ${b.y}`;
}
