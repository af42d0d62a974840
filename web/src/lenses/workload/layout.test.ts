import { expect, test } from "vitest";
import { columnLayout, columns, nodeWidth } from "./layout";

const node = (id: string) => ({ id, name: id });
const nodes = ["web", "admin", "ledger", "fx", "db"].map(node);
const edges = [
  { from: "web", to: "ledger" },
  { from: "admin", to: "ledger" },
  { from: "ledger", to: "fx" },
  { from: "fx", to: "db" },
];

test("users stand to the left, what is depended on to the right", () => {
  expect(Object.fromEntries(columns("ledger", nodes, edges))).toEqual({ web: -1, admin: -1, ledger: 0, fx: 1, db: 2 });
});

test("a circle and a stranger find a column", () => {
  const found = columns("a", ["a", "b", "c", "x"].map(node), [
    { from: "a", to: "b" },
    { from: "b", to: "a" },
    { from: "c", to: "b" },
  ]);
  expect(Object.fromEntries(found)).toEqual({ a: 0, b: 1, c: -2, x: 1 });
});

test("no two nodes overlap, and all edges are drawn", () => {
  const layout = columnLayout("ledger", nodes, edges);
  expect(layout.paths).toHaveLength(edges.length);
  for (const p of layout.places) {
    expect(p.x - nodeWidth / 2).toBeGreaterThanOrEqual(0);
    expect(p.x + nodeWidth / 2).toBeLessThanOrEqual(layout.width);
    for (const q of layout.places) if (p !== q) expect(Math.abs(p.x - q.x) >= nodeWidth || Math.abs(p.y - q.y) >= 34).toBe(true);
  }
});

test("an edge to a node that isn't there is left out", () => {
  expect(columnLayout("a", [node("a")], [{ from: "a", to: "gone" }]).paths).toEqual([]);
});
