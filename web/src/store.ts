// The live model in the browser: tables of rows that are replaced and never changed, so that what reads them can compare by identity.

import { batch, computed, signal, type ReadonlySignal } from "@preact/signals";

import type { AnyRow, ColumnarTable, Delta, Person, State, TableName, Tables, Workload } from "./api";
import { complete, matches, parse, type Completion, type Query } from "./query";
import { ApplicationRow, WorkloadRow } from "./query/rows";
import { option, query, selection } from "./url";

/** Rows of a table in the server's order, and where each id stands. */
interface Table {
  rows: readonly AnyRow[];
  at: ReadonlyMap<string, number>;
}

const empty: Table = { rows: [], at: new Map() };

export const tableNames = [
  "workloads",
  "applications",
  "namespaces",
  "nodes",
  "releases",
  "drift",
  "findings",
  "images",
  "sources",
  "notifiers",
  "checks",
  "edges",
] as const satisfies readonly TableName[];

const tables = Object.fromEntries(tableNames.map((name) => [name, signal(empty)])) as unknown as Record<TableName, { value: Table }>;

/** All rows of a table; a component that reads them is drawn anew when one changes. */
export function rows<T extends TableName>(table: T): readonly Tables[T][] {
  return tables[table].value.rows as unknown as readonly Tables[T][];
}

/** The row with an id, undefined when there is none or the person may not see it. */
export function row<T extends TableName>(table: T, id: string): Tables[T] | undefined {
  const { rows, at } = tables[table].value;
  const i = at.get(id);
  return i === undefined ? undefined : (rows[i] as unknown as Tables[T]);
}

// What is known about the state as a whole.

export interface About {
  cluster: string;
  version: string;
  person: Person;
  unseen: { table: string; why: string }[];
}
export const about = signal<About | null>(null);

/** Where the stream stands. since is Unix seconds by the server's clock. */
export type Live =
  | { is: "loading" }
  | { is: "live" }
  | { is: "stale"; since: number; why: string }
  | { is: "lost"; since: number; why: string };
export const live = signal<Live>({ is: "loading" });

// The server's clock: a browser's may be an hour off.

let serverTime = Date.now() / 1000;
let heardAt = performance.now();

/** Unix seconds by the server's clock. */
export const now = (): number => serverTime + (performance.now() - heardAt) / 1000;

/** The minute that it is: reading it draws a component anew as time passes. */
export const minute = signal(Math.floor(serverTime / 60));

export function heardTime(time: number): void {
  if (!(time > 0)) return;
  serverTime = time;
  heardAt = performance.now();
  tick();
}

export function tick(): void {
  minute.value = Math.floor(now() / 60);
}

// Snapshot and deltas.

/** Takes a whole state. */
export function load(state: State): void {
  batch(() => {
    heardTime(state.time);
    for (const name of tableNames) {
      const next = state.tables[name];
      tables[name].value = next ? index(decode(next)) : empty;
    }
    about.value = { cluster: state.cluster, version: state.version, person: state.person, unseen: state.unseen ?? [] };
  });
}

/** Applies what changed since. A delta may come twice: rows are whole. */
export function apply(delta: Delta): void {
  batch(() => {
    heardTime(delta.time);
    for (const name of tableNames) {
      const change = delta.tables[name];
      if (change) tables[name].value = patch(tables[name].value, change.set ?? [], change.gone ?? []);
    }
  });
}

/** Rows out of columns. */
export function decode(table: ColumnarTable): AnyRow[] {
  const rows: Record<string, unknown>[] = Array.from({ length: table.rows }, () => ({}));
  for (const [name, column] of Object.entries(table.columns)) {
    if (name === "__proto__") continue;
    if (Array.isArray(column)) for (let i = 0; i < table.rows; i++) rows[i]![name] = column[i];
    else for (let i = 0; i < table.rows; i++) rows[i]![name] = column.words[column.of[i] ?? -1] ?? "";
  }
  return rows as unknown as AnyRow[];
}

function index(rows: readonly AnyRow[]): Table {
  const at = new Map<string, number>();
  rows.forEach((row, i) => at.set(row.id, i));
  return { rows, at };
}

function patch(table: Table, set: readonly AnyRow[], gone: readonly string[]): Table {
  const leaving = new Set(gone.filter((id) => table.at.has(id)));
  const rows = leaving.size ? table.rows.filter((row) => !leaving.has(row.id)) : [...table.rows];
  const at = leaving.size ? new Map(index(rows).at) : new Map(table.at);
  for (const row of set) {
    const i = at.get(row.id) ?? rows.length;
    rows[i] = row;
    at.set(row.id, i);
  }
  return { rows, at };
}

// What the query, the time span and the selection leave.

/** The query as read; with an error the last one that was right still holds. */
export const parsed: ReadonlySignal<Query> = computed(() => parse(query.value));

let lastRight: Query = parse("");
const held = computed(() => (parsed.value.error ? lastRight : (lastRight = parsed.value)));

const repoOf = (app: string): string => row("applications", app)?.repo ?? "";

/** What may stand at a place of the query, from the workloads that there are. */
export function completion(text: string, at: number): Completion {
  const reader = new WorkloadRow(repoOf);
  return complete(text, at, function* words(field) {
    for (reader.row of rows("workloads")) yield* reader.words(field);
  });
}

/** The span that is looked back at, Unix seconds, null for now. */
export const span: ReadonlySignal<{ from: number; to: number } | null> = computed(() => {
  const [from, to] = option("span").split("-").map(Number);
  return from && to && to > from ? { from, to } : null;
});

/** Workloads and applications that something happened to within the span: a changed template, a release, drift. */
const touched = computed(() => {
  if (!span.value) return null;
  const { from, to } = span.value;
  const within = (time: number): boolean => time >= from && time <= to;
  const ids = new Set<string>();
  const apps = new Set<string>();
  for (const release of rows("releases")) if (within(release.started)) apps.add(release.app);
  for (const drift of rows("drift")) if (within(drift.since)) ids.add(drift.object);
  for (const workload of rows("workloads")) if (within(workload.changed) || apps.has(workload.app)) ids.add(workload.id);
  return { ids, apps };
});

const collator = new Intl.Collator("en", { numeric: true });
let inOrder: readonly Workload[] = [];

/** All workloads by namespace and name: one that changes stays where it stands. */
const ordered: ReadonlySignal<readonly Workload[]> = computed(() => {
  // What was in order is nearly in order after a change, and sorting that is quick.
  const { at, rows: all } = tables.workloads.value as unknown as { at: Table["at"]; rows: readonly Workload[] };
  const next = inOrder.flatMap((old) => all[at.get(old.id) ?? -1] ?? []);
  const known = new Set(next);
  for (const one of all) if (!known.has(one)) next.push(one);
  return (inOrder = next.sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name) || compare(a.id, b.id)));
});
const compare = (a: string, b: string): number => (a === b ? 0 : collator.compare(a, b) || (a < b ? -1 : 1));

let lastMatching: readonly Workload[] = [];

/** The workloads that the query and the span leave, by namespace and name. The same ones are the same array, so that nothing is drawn for nothing. */
export const matching: ReadonlySignal<readonly Workload[]> = computed(() => {
  const all = ordered.value;
  const ids = touched.value?.ids;
  if (held.value.terms.length === 0 && !ids) return (lastMatching = all);
  const reader = new WorkloadRow(repoOf);
  const at = minute.value * 60;
  const left = all.filter((workload) => {
    reader.row = workload;
    return (!ids || ids.has(workload.id)) && matches(held.value, reader, at);
  });
  const same = left.length === lastMatching.length && left.every((workload, i) => workload === lastMatching[i]);
  return same ? lastMatching : (lastMatching = left);
});

/** Their ids. Without a query or span it is null: everything is in. */
export const matchingIds: ReadonlySignal<ReadonlySet<string> | null> = computed(() =>
  matching.value === ordered.value ? null : new Set(matching.value.map((workload) => workload.id)),
);

/** Their applications and those that are meant themselves, for rows that belong to one; null when everything is in. */
export const matchingApps: ReadonlySignal<ReadonlySet<string> | null> = computed(() => {
  if (!matchingIds.value) return null;
  const apps = new Set(matching.value.map((workload) => workload.app));
  const reader = new ApplicationRow();
  for (reader.row of rows("applications")) {
    const happened = touched.value?.apps.has(reader.row.id) ?? true;
    if (happened && matches(held.value, reader, minute.value * 60)) apps.add(reader.row.id);
  }
  return apps;
});

/** Whether the query leaves a row of another table, by its object or else its application. */
export function leaves(row: { app: string; object?: string }): boolean {
  const ids = matchingIds.value;
  if (!ids) return true;
  if (row.object && tables.workloads.value.at.has(row.object)) return ids.has(row.object);
  return matchingApps.value!.has(row.app);
}

export const selected: ReadonlySignal<Workload | undefined> = computed(() => row("workloads", selection.value));

/** What needs a person, as the query's is:bad has it: not healthy, drifted or held. */
export const needsPerson = (w: Workload): boolean => w.health !== "healthy" || w.sync === "drifted" || w.sync === "held" || w.drift > 0;
