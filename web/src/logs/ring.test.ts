import { expect, test } from "vitest";
import { plain, Ring, severity, textFilter } from "./ring";

const line = (text: string) => ({ pod: "p", container: "c", time: "", text });

test("the newest lines are kept, and what was let go is counted", () => {
  const ring = new Ring(3);
  for (const t of ["a", "b", "c", "d", "e"]) ring.add(line(t));
  expect(ring.lines(() => true, 10).map((l) => `${l.id}${l.text}`)).toEqual(["3c", "4d", "5e"]);
  expect([ring.seen, ring.dropped]).toEqual([5, 2]);
});

test("a filter finds the newest that hold, oldest first", () => {
  const ring = new Ring(10);
  for (const t of ["a1", "b", "a2", "a3"]) ring.add(line(t));
  expect(ring.lines((l) => l.text.startsWith("a"), 2).map((l) => l.text)).toEqual(["a2", "a3"]);
});

test("a line of a megabyte is cut", () => {
  const ring = new Ring(1, 10);
  ring.add(line("x".repeat(1_000_000)));
  expect(ring.lines(() => true, 1)[0]!.text).toBe("xxxxxxxxxx… (1000000 characters)");
});

test.each([
  ["timeout", "a Timeout occurred", true],
  ["Timeout", "a timeout occurred", false],
  ["get -health", "GET /health", false],
  ["get -health", "GET /cart", true],
  ["", "anything", true],
  ["-", "anything", true],
])("the filter %j over %j", (typed, text, want) => {
  expect(textFilter(typed)(text)).toBe(want);
});

test("control sequences of terminals are left out", () => {
  expect(plain("\u001b[31mred\u001b[0m \u001b]0;title\u0007x\u0000\ty")).toBe("red x\ty");
});

test.each([
  ["2026 ERROR boom", "error"],
  ['{"level":"error"}', "error"],
  ["W1123 slow", "warning"],
  ["terror of the seas", ""],
])("the severity of %j", (text, want) => {
  expect(severity(text)).toBe(want);
});
