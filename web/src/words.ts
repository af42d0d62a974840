// Times, counts and statuses in words; each status has a shape beside its colour.

import type { Health, Sync } from "./api";
import { minute, now } from "./store";

/** Kinds of colour. */
export type Tone = "ok" | "drift" | "bad" | "new" | "unknown" | "plain";

export interface Status {
  tone: Tone;
  shape: string;
  word: string;
}

export const syncs: Record<Sync, Status> = {
  synced: { tone: "ok", shape: "✓", word: "as in git" },
  drifted: { tone: "drift", shape: "◇", word: "drift" },
  behind: { tone: "new", shape: "↻", word: "behind git" },
  held: { tone: "drift", shape: "‖", word: "held by the gate" },
  unmanaged: { tone: "plain", shape: "○", word: "not from git" },
  unknown: { tone: "unknown", shape: "?", word: "unknown" },
};

export const healths: Record<Health, Status> = {
  healthy: { tone: "ok", shape: "✓", word: "healthy" },
  progressing: { tone: "new", shape: "↻", word: "rolling out" },
  degraded: { tone: "bad", shape: "✕", word: "not healthy" },
  missing: { tone: "bad", shape: "∅", word: "missing" },
  suspended: { tone: "plain", shape: "‖", word: "suspended" },
  unknown: { tone: "unknown", shape: "?", word: "unknown" },
};

/** Statuses that a newer server may know are unknown, never fine. */
export const syncOf = (sync: string): Status => (Object.hasOwn(syncs, sync) ? syncs[sync as Sync] : syncs.unknown);
export const healthOf = (health: string): Status => (Object.hasOwn(healths, health) ? healths[health as Health] : healths.unknown);

export function scoreOf(score: number): Status {
  if (score < 0) return { tone: "unknown", shape: "?", word: "no score" };
  if (score >= 90) return { tone: "ok", shape: "✓", word: "90 and more" };
  if (score >= 70) return { tone: "drift", shape: "△", word: "70 to 89" };
  return { tone: "bad", shape: "✕", word: "below 70" };
}

/** "2 h ago", "in 5 min", "just now"; "" for an unknown time. */
export function ago(time: number): string {
  if (!time) return "";
  void minute.value; // drawn anew each minute
  const seconds = now() - time;
  const text = duration(Math.abs(seconds));
  if (Math.abs(seconds) < 20) return "just now";
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** The largest unit that says it: "40 s", "12 min", "5 h", "3 days". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} days`;
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** "14:20" today, "Mon, 3 Nov, 14:20" else. */
export function clock(time: number): string {
  if (!time) return "";
  const today = new Date(now() * 1000).toDateString() === new Date(time * 1000).toDateString();
  return (today ? clockFormat : dayFormat).format(time * 1000);
}

const counts = new Intl.NumberFormat("en");
/** "1,204" */
export const count = (n: number): string => counts.format(n);

/** "1 workload", "1,204 workloads" */
export const many = (n: number, one: string, more = one + "s"): string => `${count(n)} ${n === 1 ? one : more}`;

/** Kind without its group: "Deployment.apps shop/front" → "Deployment". */
export const kindOf = (id: string): string => id.slice(0, id.search(/[. ]|$/));

/** "Deployment.apps shop/front" → "shop / front" */
export const nameOf = (id: string): string => id.slice(id.indexOf(" ") + 1).replace("/", " / ");

/** A link that is safe to follow: only http and https. */
export const safeLink = (url: string): string | undefined => (/^https?:\/\//i.test(url) ? url : undefined);
