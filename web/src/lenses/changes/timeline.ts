// Releases as a person tells them: what each was, how long its stages took, and by which day.
import type { Release } from "../../api";
import type { Status } from "../../words";

/** How it came out is told before how it began: a commit that failed is a failure. */
export function sortOf(r: Pick<Release, "cause" | "result">): Status {
  if (r.result === "Refused" || r.cause === "refused") return { shape: "⊘", word: "refused", tone: "bad" };
  if (r.result === "Degraded") return { shape: "✕", word: "not healthy", tone: "bad" };
  if (r.result === "Partial") return { shape: "◐", word: "in part", tone: "bad" };
  if (r.result === "Delivering" || r.result === "RollingOut") return { shape: "◌", word: r.result === "Delivering" ? "delivering" : "rolling out", tone: "new" };
  if (r.cause === "rollback") return { shape: "↩", word: "rolled back", tone: "drift" };
  if (r.cause === "automation") return { shape: "↑", word: "automation", tone: "new" };
  if (r.cause === "drift") return { shape: "◇", word: "drift put back", tone: "drift" };
  if (r.cause === "request") return { shape: "↻", word: "on request", tone: "ok" };
  if (r.result === "Superseded") return { shape: "»", word: "superseded", tone: "plain" };
  return { shape: "✓", word: "delivered", tone: "ok" };
}

/** One stage of a release, in milliseconds. */
export interface Stage {
  name: string;
  ms: number;
}

// The names that a release's durations have, in the order in which they happen, and what the page calls them.
const stages: [string, string][] = [
  ["fetch", "fetched"],
  ["render", "rendered"],
  ["check", "checked"],
  ["plan", "compared"],
  ["apply", "applied"],
  ["prune", "pruned"],
  ["rollout", "rolled out"],
];

/** Stages in their order. A release begins with its first write: what is left of its time after the writes is the rolling out, unless that is told. */
export function stagesOf(r: Pick<Release, "durations" | "started" | "finished">): Stage[] {
  const durations = r.durations ?? {};
  const found: Stage[] = [];
  for (const [key, name] of stages) {
    const ms = durations[key];
    if (ms !== undefined && (ms > 0 || key !== "prune")) found.push({ name, ms });
  }
  for (const [key, ms] of Object.entries(durations)) if (key !== "total" && !stages.some(([k]) => k === key)) found.push({ name: key, ms });
  const wrote = (durations["apply"] ?? 0) + (durations["prune"] ?? 0);
  const all = (r.finished - r.started) * 1000;
  if (r.finished > 0 && r.started > 0 && all > wrote + 1000 && !found.some((s) => s.name === "rolled out")) found.push({ name: "rolled out", ms: all - wrote });
  return found;
}

/** A share of the bar for each stage: by the root of its time, so that 0.1 s beside 30 s can still be seen. */
export function shares(all: readonly Stage[]): number[] {
  const roots = all.map((s) => Math.sqrt(Math.max(s.ms, 1)));
  const sum = roots.reduce((a, b) => a + b, 0);
  return roots.map((r) => r / sum);
}

/** "40 ms", "0.4 s", "31 s", "4 min 10 s", "2 h 5 min". */
export function took(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 === 0 ? `${s / 60} min` : `${Math.floor(s / 60)} min ${s % 60} s`;
  const min = Math.round(s / 60);
  return min % 60 === 0 ? `${min / 60} h` : `${Math.floor(min / 60)} h ${min % 60} min`;
}

/** Releases of one day of the reader's own calendar, newest first. */
export interface Day<T> {
  key: string; // "2026-11-23"
  title: string; // "Today", "Yesterday", "Thursday, 19 November"
  items: T[];
}

/** Items by day, the newest day and item first; now and the times are Unix seconds. */
export function byDay<T>(items: readonly T[], time: (item: T) => number, now: number): Day<T>[] {
  const sorted = items.slice().sort((a, b) => time(b) - time(a));
  const days: Day<T>[] = [];
  for (const item of sorted) {
    const key = dayKey(time(item));
    const last = days.at(-1);
    if (last?.key === key) last.items.push(item);
    else days.push({ key, title: dayTitle(key, time(item), now), items: [item] });
  }
  return days;
}

function dayKey(time: number): string {
  const d = new Date(time * 1000);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

function dayTitle(key: string, time: number, now: number): string {
  if (time === 0) return "Not known when";
  if (key === dayKey(now)) return "Today";
  if (key === dayKey(now - 86400)) return "Yesterday";
  const sameYear = key.slice(0, 4) === dayKey(now).slice(0, 4);
  return new Date(time * 1000).toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }) });
}

const two = (n: number) => String(n).padStart(2, "0");
