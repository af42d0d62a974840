import { expect, test } from "vitest";
import type { Drift } from "../../api";
import { causeOf, fieldNames, groupDrift, headline } from "./inbox";

const drift = (id: string, more: Partial<Drift> = {}): Drift => ({
  id, app: "shop/web", object: "", kind: "", namespace: "", name: "", change: "changed", cause: "person", who: "", manager: "", since: 1, fields: [], more: 0, contested: false, reverts: 0, reverted: false, next: "", ...more,
});

test("the most pressing cause holds", () => {
  expect([drift("a"), drift("b", { change: "deleted" }), drift("c", { contested: true, change: "deleted" }), drift("d", { reverted: true }), drift("e", { cause: "?" as Drift["cause"] })].map((d) => causeOf(d).key)).toEqual(["person", "deleted", "contested", "reverted", "unknown"]);
});

test("by cause: what is fought over first, what was put back last, the newest of each on top", () => {
  const groups = groupDrift([drift("old"), drift("new", { since: 9 }), drift("back", { reverted: true }), drift("fight", { contested: true })], "cause");
  expect(groups.map((g) => `${g.title}: ${g.items.map((d) => d.id)}`)).toEqual(["set anew each time: fight", "edited by hand: new,old", "put back lately: back"]);
});

test("by application: the one with most first", () => {
  expect(groupDrift([drift("a"), drift("b", { app: "x/y" }), drift("c", { app: "x/y" })], "application").map((g) => g.title)).toEqual(["x/y", "shop/web"]);
});

test("the headline counts what is open", () => {
  expect(headline([drift("a"), drift("b"), drift("c", { cause: "controller" }), drift("d", { reverted: true })])).toBe("3 drifted, 2 by hand, 1 by a controller");
  expect(headline([drift("d", { reverted: true })])).toBe("Nothing is out of step");
});

test("a closed card names two fields", () => {
  const f = (path: string) => ({ path, git: "", live: "", who: "", manager: "", at: 0, where: "", commit: "", author: "" });
  expect(fieldNames({ fields: [f("spec.containers[name=a].image"), f("data[x]"), f("spec.replicas")], more: 2 })).toBe("image, data[x] and 3 more fields");
});
