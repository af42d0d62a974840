import { expect, test } from "vitest";
import { eventOf, merge } from "./events";

const one = (reason: string, time: number, count = 1) => eventOf(JSON.stringify({ reason, text: "t", time, count }))!;

test("an event that is counted up takes its own place, the newest first", () => {
  const all = [one("Pulled", 1), one("BackOff", 5), one("Killed", 3), one("Pulled", 9, 4)].reduce<ReturnType<typeof merge>>(merge, []);
  expect(all.map((e) => `${e.reason} ${e.count}`)).toEqual(["Pulled 4", "BackOff 1", "Killed 1"]);
});

test("times come as seconds or as text, and what is no event is none", () => {
  expect([eventOf('{"time":"2026-11-23T10:00:00Z","message":"m"}')?.time, eventOf("null"), eventOf("{cut")]).toEqual([1795428000, undefined, undefined]);
});
