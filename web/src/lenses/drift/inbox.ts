// Drift as an inbox: what needs a person first, by cause or by application.
import type { Drift } from "../../api";
import { many } from "../../words";

/** The words for a cause, with the shape that goes with them. */
export interface Cause {
  key: string;
  shape: string;
  word: string;
}

const causes: Cause[] = [
  { key: "contested", shape: "⇄", word: "set anew each time" },
  { key: "deleted", shape: "∅", word: "deleted" },
  { key: "person", shape: "◇", word: "edited by hand" },
  { key: "controller", shape: "◈", word: "another controller" },
  { key: "unknown", shape: "?", word: "not known who" },
  { key: "reverted", shape: "✓", word: "put back lately" },
];

/** The cause of one drift, the most pressing that holds. */
export function causeOf(d: Pick<Drift, "change" | "cause" | "contested" | "reverted">): Cause {
  const key = d.reverted ? "reverted" : d.contested ? "contested" : d.change === "deleted" ? "deleted" : d.cause;
  return causes.find((c) => c.key === key) ?? causes[4]!;
}

export interface Group {
  key: string;
  title: string;
  items: Drift[];
}

/** Groups in the order in which they need a person; the newest drift of a group first. */
export function groupDrift(all: readonly Drift[], by: "cause" | "application"): Group[] {
  const groups = new Map<string, Group>();
  for (const d of all) {
    const cause = causeOf(d);
    const back = d.reverted;
    const key = by === "cause" || back ? cause.key : d.app;
    const title = by === "cause" || back ? cause.word : d.app || "no application";
    const g = groups.get(key) ?? { key, title, items: [] };
    g.items.push(d);
    groups.set(key, g);
  }
  for (const g of groups.values()) g.items.sort((a, b) => b.since - a.since || (a.id < b.id ? -1 : 1));
  const place = (g: Group) => (g.key === "reverted" ? 1e6 : by === "cause" ? causes.findIndex((c) => c.key === g.key) : -g.items.length);
  return [...groups.values()].sort((a, b) => place(a) - place(b) || (a.title < b.title ? -1 : 1));
}

/** "3 drifted, 2 by hand, 1 by a controller". */
export function headline(all: readonly Drift[]): string {
  const open = all.filter((d) => !d.reverted);
  if (open.length === 0) return "Nothing is out of step";
  const n = (holds: (d: Drift) => boolean) => open.filter(holds).length;
  const parts = [
    [n((d) => d.cause === "person"), "by hand"],
    [n((d) => d.cause === "controller"), "by a controller"],
    [n((d) => d.cause !== "person" && d.cause !== "controller"), "by somebody not known"],
  ] as const;
  return [`${open.length} drifted`, ...parts.filter(([k]) => k > 0).map(([k, word]) => `${k} ${word}`)].join(", ");
}

/** What a collapsed card says of its fields: "image, LOG_LEVEL and 3 more fields". */
export function fieldNames(d: Pick<Drift, "fields" | "more">): string {
  const names = d.fields.slice(0, 2).map((f) => lastStep(f.path));
  const more = d.fields.length - names.length + d.more;
  return more > 0 ? `${names.join(", ")} and ${many(more, "more field")}` : names.join(", ");
}

function lastStep(path: string): string {
  return /([^.[\]]+)(\[[^\]]*\])*$/.exec(path)?.[0] ?? path;
}
