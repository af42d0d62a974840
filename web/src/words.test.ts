import { expect, test } from "vitest";

import { ago, count, duration, healthOf, kindOf, many, nameOf, safeLink, scoreOf, syncOf } from "./words";
import { now } from "./store";

test("ages say the largest unit that tells", () => {
  expect([5, 61, 3599, 3600, 47 * 3600, 49 * 3600, 400 * 86400].map(duration)).toEqual(["5 s", "1 min", "59 min", "1 h", "47 h", "2 days", "400 days"]);
});

test("a time that is not known is not told, and one that is ahead is", () => {
  expect(ago(0)).toBe("");
  expect(ago(now() + 3601)).toBe("in 1 h");
  expect(ago(now() - 7201)).toBe("2 h ago");
});

test("what is not known is never green", () => {
  for (const status of [syncOf("unknown"), syncOf("invented"), healthOf("unknown"), healthOf(""), scoreOf(-1), syncOf("__proto__"), healthOf("constructor")]) expect(status.tone).toBe("unknown");
});

test("every status has a shape and a word", () => {
  for (const word of ["synced", "drifted", "behind", "held", "unmanaged", "unknown"]) expect(syncOf(word)).toMatchObject({ shape: expect.stringMatching(/./) as string, word: expect.stringMatching(/./) as string });
});

test("ids and counts in words", () => {
  expect(kindOf("Deployment.apps shop/front")).toBe("Deployment");
  expect(kindOf("Pod tools/shell")).toBe("Pod");
  expect(nameOf("Deployment.apps shop/front")).toBe("shop / front");
  expect(many(1, "workload")).toBe("1 workload");
  expect(many(1204, "workload")).toBe("1,204 workloads");
  expect(count(50000)).toBe("50,000");
});

test("only links to the web are links", () => {
  expect(safeLink("https://git.example.com/x")).toBe("https://git.example.com/x");
  for (const bad of ["javascript:alert(1)", " javascript:x", "data:text/html,x", "git@host:a/b", "//host/x", ""]) expect(safeLink(bad)).toBeUndefined();
});
