import { beforeEach, expect, test } from "vitest";

import type { AnyRow, Delta, State, Workload } from "./api";
import { columnar, world } from "../dev/world";
import { apply, decode, leaves, load, matching, now, row, rows, span } from "./store";
import { place } from "./url";

const time = 1_795_388_400;
const all = world({ workloads: 40, now: time });
const state = (): State => ({
  revision: "r1",
  time,
  cluster: "c",
  person: { name: "p", via: "token" },
  version: "v",
  tables: Object.fromEntries(Object.entries(all).map(([name, list]) => [name, columnar(list as AnyRow[])])),
});
const delta = (set: AnyRow[], gone: string[] = []): Delta => ({ revision: "r2", time, tables: { workloads: { set, gone } } });
const look = (query: string, options: Record<string, string> = {}): void => void (place.value = { lens: "map", query, selection: "", options });

beforeEach(() => {
  look("");
  load(state());
});

test("columns become the rows that they were made of", () => {
  expect(rows("workloads")).toEqual(all.workloads);
  expect(decode({ rows: 2, columns: { id: ["a", "b"], ns: { words: ["x"], of: [0, -1] } } })).toEqual([
    { id: "a", ns: "x" },
    { id: "b", ns: "" },
  ]);
});

test("a change sets, adds and removes rows, and leaves the others as they are", () => {
  const [first, second, third] = all.workloads as [Workload, Workload, Workload];
  const untouched = row("workloads", third.id);
  apply(delta([{ ...first, ready: 99 } as AnyRow, { ...second, id: "new", name: "new" } as AnyRow], [second.id]));
  expect(row("workloads", first.id)?.ready).toBe(99);
  expect(row("workloads", second.id)).toBeUndefined();
  expect(row("workloads", "new")?.name).toBe("new");
  expect(row("workloads", third.id)).toBe(untouched);
  expect(rows("workloads").length).toBe(40);
});

test("a change that comes twice, or removes what is not there, changes nothing more", () => {
  const change = delta([{ ...all.workloads[0]!, ready: 7 } as AnyRow], ["nobody"]);
  apply(change);
  const once = rows("workloads");
  apply(change);
  expect(rows("workloads")).toEqual(once);
});

test("workloads stand by namespace and name, whatever order they came in, and numbers in names count", () => {
  apply(delta([{ ...all.workloads[0]!, id: "x10", name: "x10" } as AnyRow, { ...all.workloads[0]!, id: "x9", name: "x9" } as AnyRow]));
  const names = matching.value.filter((one) => one.name.startsWith("x")).map((one) => one.name);
  expect(names).toEqual(["x9", "x10"]);
});

test("while a query is wrong the last right one holds", () => {
  look("ns:payments");
  const left = matching.value;
  expect(left.length).toBeGreaterThan(0);
  look("ns:payments nmae:x");
  expect(matching.value).toBe(left);
});

test("rows of other tables follow the workloads that are left", () => {
  look("ns:payments");
  expect(leaves({ app: "payments/payments" })).toBe(true);
  expect(leaves({ app: "checkout/checkout" })).toBe(false);
  const other = all.workloads.find((one) => one.namespace !== "payments")!;
  expect(leaves({ app: "payments/payments", object: other.id })).toBe(false);
});

test("an application without workloads is found by what it is", () => {
  const app = { ...all.applications[0]!, id: "fairlead/root", namespace: "fairlead", name: "root" };
  apply({ revision: "r2", time, tables: { applications: { set: [app] } } });
  for (const query of ["app:root", "app:fairlead/root", "name:root kind:Application", "root"]) {
    look(query);
    expect(leaves({ app: "fairlead/root" }), query).toBe(true);
    expect(leaves({ app: "checkout/checkout" }), query).toBe(false);
  }
});

test("a span leaves what something happened to within it", () => {
  const one = { ...all.workloads[0]!, app: "", changed: time - 5000 };
  const two = { ...all.workloads[1]!, app: "", changed: time - 90_000 };
  apply(delta([one, two]));
  look("", { span: `${time - 6000}-${time - 4000}` });
  const ids = new Set(matching.value.map((w) => w.id));
  expect([ids.has(one.id), ids.has(two.id)]).toEqual([true, false]);
  look("", { span: "nonsense" });
  expect(span.value).toBeNull();
});

test("time is the server's", () => {
  expect(Math.abs(now() - time)).toBeLessThan(5);
});

test("a column or row named as JavaScript's own things is no more than a name", () => {
  const rows = decode({ rows: 1, columns: { id: ["__proto__"], constructor: ["x"], ["__proto__"]: ["y"] } });
  expect(Object.getPrototypeOf(rows[0])).toBe(Object.prototype);
  apply(delta([{ ...all.workloads[0]!, id: "__proto__" }]));
  expect(row("workloads", "__proto__")?.id).toBe("__proto__");
});
