import { expect, test } from "vitest";
import type { Cause } from "../../api";
import { byDay, shares, sortOf, stagesOf, took } from "./timeline";

test.each([
  ["commit", "Healthy", "✓ delivered"],
  ["commit", "Refused", "⊘ refused"],
  ["commit", "Degraded", "✕ not healthy"],
  ["commit", "Partial", "◐ in part"],
  ["automation", "Healthy", "↑ automation"],
  ["automation", "Degraded", "✕ not healthy"],
  ["rollback", "Healthy", "↩ rolled back"],
  ["drift", "Healthy", "◇ drift put back"],
  ["request", "Healthy", "↻ on request"],
  ["commit", "RollingOut", "◌ rolling out"],
  ["commit", "Superseded", "» superseded"],
])("a release by %s that is %s", (cause, result, want) => {
  const s = sortOf({ cause: cause as Cause, result });
  expect(`${s.shape} ${s.word}`).toBe(want);
});

test("stages come in order, and what is left is the rolling out", () => {
  expect(stagesOf({ durations: { apply: 400, render: 120, check: 30 }, started: 100, finished: 131 })).toEqual([
    { name: "rendered", ms: 120 },
    { name: "checked", ms: 30 },
    { name: "applied", ms: 400 },
    { name: "rolled out", ms: 30600 },
  ]);
  expect(stagesOf({ durations: {}, started: 0, finished: 0 })).toEqual([]);
});

test("shares make a whole, and the shortest can be seen", () => {
  const s = shares([
    { name: "a", ms: 0 },
    { name: "b", ms: 30000 },
  ]);
  expect(s.reduce((a, b) => a + b)).toBeCloseTo(1);
  expect(s[0]).toBeGreaterThan(0.005);
});

test.each([
  [40, "40 ms"],
  [400, "0.4 s"],
  [9960, "10 s"],
  [31000, "31 s"],
  [60000, "1 min"],
  [250000, "4 min 10 s"],
  [7500000, "2 h 5 min"],
])("%d ms", (ms, want) => {
  expect(took(ms)).toBe(want);
});

test("days of the reader's calendar, newest first", () => {
  const at = (d: number, h: number) => new Date(2026, 10, d, h).getTime() / 1000;
  const days = byDay([at(22, 9), at(23, 1), at(19, 3), at(23, 8)], (t) => t, at(23, 12));
  expect(days.map((d) => [d.title, d.items.length])).toEqual([
    ["Today", 2],
    ["Yesterday", 1],
    ["Thursday 19 November", 1],
  ]);
});
