import { expect, test } from "vitest";
import type { Pod } from "../../api";
import { markOf, podsByNode, shortNames } from "./marks";

const pod = (name: string, node: string, ready = true): Pod => ({ name, node, ready, phase: "Running", restarts: 0, why: "", started: 0, containers: [], ip: "" });

test("nodes with trouble come first, and names count as people do", () => {
  const nodes = podsByNode([pod("a-10", "node-2"), pod("a-9", "node-2"), pod("a-1", "node-10", false), pod("a-2", "node-10")]);
  expect(nodes.map(([n, on]) => `${n}: ${on.map((p) => p.name)}`)).toEqual(["node-10: a-1,a-2", "node-2: a-9,a-10"]);
});

test("pods next to each other differ in shape and colour", () => {
  const names = Array.from({ length: 42 }, (_, i) => `p${i}`);
  expect(new Set(names.map((n) => JSON.stringify(markOf(names, n)))).size).toBe(42);
});

test("a short name is as long as it takes to tell siblings apart", () => {
  const names = ["web-7d9c-x2kq9", "web-7d9c-p8dzz", "web-aaaa-p8dzz", "db-0"];
  expect([...shortNames(names).values()]).toEqual(["x2kq9", "7d9c-p8dzz", "aaaa-p8dzz", "0"]);
});
