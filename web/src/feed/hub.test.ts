import { expect, test, vi } from "vitest";

import { Hub, type Say } from "./hub";
import type { Told } from "./stream";

function made() {
  const opened: { since: string; tell: (told: Told) => void; stopped: boolean }[] = [];
  const hub = new Hub((since, tell) => {
    const one = { since, tell, stopped: false, stop: () => void (one.stopped = true) };
    opened.push(one);
    return one;
  });
  const tab = () => {
    const said: Say["event"][] = [];
    return { said, say: (say: Say) => void said.push(say.event) };
  };
  return { hub, opened, tab };
}

test("of two tabs that come at once one takes the state first, and the other when the stream runs", () => {
  const { hub, opened, tab } = made();
  const [a, b] = [tab(), tab()];
  hub.ask(a, { ask: "join" });
  hub.ask(b, { ask: "join" });
  expect([a.said, b.said]).toEqual([["take"], []]);
  hub.ask(a, { ask: "start", revision: "r7" });
  expect([a.said, b.said]).toEqual([["take"], ["take"]]);
  hub.ask(b, { ask: "start", revision: "r9" });
  expect(opened.map((one) => one.since)).toEqual(["r7"]);
});

test("a change reaches every tab, also the one that is still taking the state", () => {
  const { hub, opened, tab } = made();
  const [a, b] = [tab(), tab()];
  hub.ask(a, { ask: "join" });
  hub.ask(a, { ask: "start", revision: "r7" });
  hub.ask(b, { ask: "join" });
  opened[0]!.tell({ event: "delta", data: {} });
  expect([a.said, b.said]).toEqual([["take", "delta"], ["take", "delta"]]);
});

test("after a reset the tabs take the state anew and the stream starts from there", () => {
  const { hub, opened, tab } = made();
  const a = tab();
  hub.ask(a, { ask: "join" });
  hub.ask(a, { ask: "start", revision: "r7" });
  opened[0]!.tell({ event: "reset", data: { why: "" } });
  hub.ask(a, { ask: "join" });
  hub.ask(a, { ask: "start", revision: "r20" });
  expect(a.said).toEqual(["take", "reset", "take"]);
  expect(opened.map((one) => one.since)).toEqual(["r7", "r20"]);
});

test("a tab that goes first and is closed, fails or falls silent does not hold up the next", () => {
  vi.useFakeTimers();
  const { hub, tab } = made();
  const tabs = [tab(), tab(), tab(), tab()] as const;
  for (const one of tabs) hub.ask(one, { ask: "join" });
  hub.ask(tabs[0], { ask: "leave" });
  expect(tabs[1].said).toEqual(["take"]);
  hub.ask(tabs[1], { ask: "failed" });
  expect(tabs[2].said).toEqual(["take"]);
  vi.advanceTimersByTime(20_000);
  expect(tabs[3].said).toEqual(["take"]);
  vi.useRealTimers();
});

test("the last tab to leave ends the stream", () => {
  const { hub, opened, tab } = made();
  const [a, b] = [tab(), tab()];
  hub.ask(a, { ask: "join" });
  hub.ask(a, { ask: "start", revision: "r1" });
  hub.ask(b, { ask: "join" });
  hub.ask(a, { ask: "leave" });
  expect(opened[0]!.stopped).toBe(false);
  hub.ask(b, { ask: "leave" });
  expect(opened[0]!.stopped).toBe(true);
});
