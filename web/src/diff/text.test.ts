import { expect, test } from "vitest";
import { textLines } from "./text";

const drawn = (was: string, now: string) => textLines(was, now).map((l) => l.op + l.text + (l.line ? `:${l.line}` : ""));

test.each([
  ["a\nb\nc", "a\nb\nc", [" a:1", " b:2", " c:3"]],
  ["a\nb\nc", "a\nx\nc", [" a:1", "-b:2", "+x", " c:3"]],
  ["a\nb", "b\nc", ["-a:1", " b:2", "+c"]],
  ["", "a", ["-:1", "+a"]],
  ["a: {}\n", "a:\n  b: 1\n", ["-a: {}:1", "+a:", "+  b: 1"]],
])("%j → %j", (was, now, want) => {
  expect(drawn(was, now)).toEqual(want);
});
