import { describe, expect, test } from "vitest";
import { compareTexts, countChanges, diffRows, flip, type DiffLine } from "./lines";

const marked = (pieces: { text: string; marked: boolean }[]) => pieces.map((p) => (p.marked ? `[${p.text}]` : p.text)).join("");

describe("the part of a line that differs", () => {
  test.each([
    ["image: api:2.3.0", "image: api:2.3.1-hotfix", "image: api:2.3.[0]", "image: api:2.3.[1-hotfix]"],
    ["value: info", "value: debug", "value: [info]", "value: [debug]"],
    ["replicas: 2", "replicas: 2", "replicas: 2", "replicas: 2"],
    ["a", "b", "a", "b"],
    ["x: ö", "x: 日本", "x: [ö]", "x: [日本]"],
    ["args: [a]", "args: [a, b]", "args: [a]", "args: [a[, b]]"],
  ])("%s → %s", (was, now, before, after) => {
    expect(compareTexts(was, now).map(marked)).toEqual([before, after]);
  });
});

test("removed and added lines stand for each other in their order", () => {
  const lines: DiffLine[] = [
    { op: "-", text: "a: 1" },
    { op: "-", text: "b: 1" },
    { op: "+", text: "a: 2" },
  ];
  expect(diffRows(lines).map((r) => (r.kind === "line" ? r.line.op + marked(r.pieces) : "fold"))).toEqual(["-a: [1]", "-b: 1", "+a: [2]"]);
});

test("equal lines far from a change are folded, and told how many", () => {
  const same = (n: number): DiffLine[] => Array.from({ length: n }, (_, i) => ({ op: " " as const, text: `line ${i}`, line: i + 1 }));
  const rows = diffRows([...same(10), { op: "+", text: "new" }, ...same(2)], 2);
  expect(rows.map((r) => (r.kind === "fold" ? `… ${r.lines}` : r.line.op + r.line.text))).toEqual(["… 8", " line 8", " line 9", "+new", " line 0", " line 1"]);
});

test("added and removed lines are counted", () => {
  expect(
    countChanges([
      { op: " ", text: "" },
      { op: "+", text: "" },
      { op: "-", text: "" },
      { op: "-", text: "" },
    ]),
  ).toEqual({ added: 1, removed: 2 });
});

test("from the other side what was removed is added, behind what is removed then", () => {
  const lines: DiffLine[] = [
    { op: " ", text: "a" },
    { op: "-", text: "live 1" },
    { op: "-", text: "live 2" },
    { op: "+", text: "git" },
    { op: "…", text: "" },
    { op: "-", text: "only live" },
  ];
  expect(flip(lines).map((l) => l.op + l.text)).toEqual([" a", "-git", "+live 1", "+live 2", "…", "+only live"]);
  expect(flip(flip(lines))).toEqual(lines);
});
