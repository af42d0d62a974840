// What a tile's colour means: each mode gives a workload one of a few marks, with shape and word.

import type { Workload } from "../../api";
import { healthOf, scoreOf, syncOf, type Tone } from "../../words";

export interface Mark {
  key: string;
  tone: Tone | "age1" | "age2" | "age3";
  shape: string;
  word: string;
}

export interface Context {
  now: number;
  /** Ids of workloads with an image that a policy follows. */
  followed: ReadonlySet<string>;
}

const mark = (key: string, tone: Mark["tone"], shape: string, word: string): Mark => ({ key, tone, shape, word });

const newer = mark("newer", "new", "↑", "newer image");
const unhealthy = mark("bad", "bad", "✕", "not healthy");
const rolling = mark("rolling", "new", "↻", "rolling out");

function bySync(w: Workload): Mark {
  if (w.health === "degraded" || w.health === "missing") return unhealthy;
  const sync = syncOf(w.sync);
  if (w.sync === "drifted" || w.sync === "held" || w.sync === "behind") return { key: w.sync, ...sync };
  if (w.health === "progressing") return rolling;
  if (w.health === "unknown" || sync.tone === "unknown") return { key: "unknown", ...syncOf("unknown") };
  if (w.newer) return newer;
  return { key: w.sync, ...sync };
}

const byHealth = (w: Workload): Mark => ({ key: w.health, ...healthOf(w.health) });
const byScore = (w: Workload): Mark => {
  const status = scoreOf(w.score);
  return { key: status.word, ...status };
};

const current = mark("current", "ok", "✓", "none newer");
const unfollowed = mark("unfollowed", "unknown", "?", "not followed");
const byImages = (w: Workload, { followed }: Context): Mark => (w.newer ? newer : followed.has(w.id) ? current : unfollowed);

const ages = [
  { within: 3600, mark: mark("hour", "age1", "●", "within the hour") },
  { within: 86400, mark: mark("day", "age2", "◐", "within the day") },
  { within: 7 * 86400, mark: mark("week", "age3", "○", "within the week") },
] as const;
const before = mark("before", "plain", "·", "before that");
const never = mark("unknown", "unknown", "?", "unknown");
const byAge = (w: Workload, { now }: Context): Mark => (w.changed === 0 ? never : (ages.find((age) => now - w.changed < age.within)?.mark ?? before));

export const modes = {
  sync: { title: "Sync", of: bySync },
  health: { title: "Health", of: byHealth },
  score: { title: "Score", of: byScore },
  images: { title: "Images", of: byImages },
  changed: { title: "Changed", of: byAge },
} as const satisfies Record<string, { title: string; of: (w: Workload, context: Context) => Mark }>;
export type Mode = keyof typeof modes;

/** In which order marks stand in the legend: what needs a person last but before what is unknown, as people read from calm to loud. */
const order: Mark["tone"][] = ["ok", "age1", "age2", "age3", "plain", "new", "drift", "bad", "unknown"];

export interface LegendLine {
  mark: Mark;
  n: number;
}

export function legend(marks: readonly Mark[]): LegendLine[] {
  const lines = new Map<string, LegendLine>();
  for (const one of marks) {
    const line = lines.get(one.key);
    if (line) line.n++;
    else lines.set(one.key, { mark: one, n: 1 });
  }
  return [...lines.values()].sort((a, b) => order.indexOf(a.mark.tone) - order.indexOf(b.mark.tone) || b.n - a.n);
}
