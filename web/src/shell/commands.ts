// What the palette offers, and how it is found.

import { ask, type Verb } from "../actions";
import { lenses } from "../lenses";
import { row, rows, selected } from "../store";
import { setTheme, themes } from "../theme";
import { go } from "../url";
import { healthOf, kindOf } from "../words";
import { shown } from "./keys";

export interface Command {
  id: string;
  kind: string;
  title: string;
  note?: string;
  run: () => void;
}

const most = 40;

/** What fits a text best; without a text what fits the selection. */
export function find(text: string): Command[] {
  const wanted = text.toLowerCase().trim();
  const fixed = [...actions(), ...places()];
  if (!wanted) return fixed.slice(0, most);
  const scored: { command: () => Command; score: number; length: number }[] = [];
  const consider = (title: string, bonus: number, command: () => Command): void => {
    const score = fit(title.toLowerCase(), wanted);
    if (score > 0) scored.push({ command, score: score + bonus, length: title.length });
  };
  for (const one of fixed) consider(one.title, 2, () => one);
  for (const one of rows("applications"))
    consider(one.id, 1, () => ({ id: "app " + one.id, kind: "application", title: one.id, note: one.suspended ? "suspended" : one.sync, run: () => go({ lens: "changes", query: `app:${one.id}` }) }));
  for (const one of rows("workloads"))
    consider(`${one.namespace}/${one.name}`, 0, () => ({ id: one.id, kind: kindOf(one.id), title: `${one.namespace} / ${one.name}`, note: healthOf(one.health).word, run: () => go({ lens: "workload", selection: one.id }) }));
  scored.sort((a, b) => b.score - a.score || a.length - b.length);
  return scored.slice(0, most).map(({ command }) => command());
}

/** How well a text fits: 0 not at all, most for its beginning, then for the beginning of a part, then for letters in order. */
export function fit(text: string, wanted: string): number {
  const at = text.indexOf(wanted);
  if (at === 0) return 100;
  if (at > 0) return /[a-z0-9]/.test(text[at - 1]!) ? 60 : 80;
  let from = 0;
  for (const letter of wanted.replaceAll(" ", "")) {
    from = text.indexOf(letter, from) + 1;
    if (from === 0) return 0;
  }
  return 20;
}

const places = (): Command[] => [
  ...lenses.map((one) => ({ id: one.name, kind: "lens", title: one.title, note: one.answers, run: () => go({ lens: one.name }) })),
  { id: "bad", kind: "query", title: "Show what needs a person", note: "is:bad", run: () => go({ query: "is:bad" }) },
  { id: "recent", kind: "query", title: "Show what changed within the hour", note: "changed:<1h", run: () => go({ query: "changed:<1h" }) },
  { id: "all", kind: "query", title: "Show everything", run: () => go({ query: "", options: {} }) },
  ...themes.map((one) => ({ id: "theme " + one, kind: "theme", title: `Theme: ${one}`, run: () => setTheme(one) })),
  { id: "help", kind: "help", title: "Keys and query", run: () => void (shown.value = "help") },
];

/** What can be done to the selected workload's application. */
function actions(): Command[] {
  const workload = selected.value;
  const app = workload && row("applications", workload.app);
  if (!app) return [];
  const command = (verb: Verb, title: string, objects?: string[]): Command => ({ id: "do " + verb, kind: "action", title, note: app.id, run: () => ask({ verb, application: app.id, ...(objects ? { objects } : {}) }) });
  return [
    ...(workload.sync === "drifted" ? [command("revert", `Put git back on ${workload.name}…`, [workload.id]), command("adopt", `Adopt ${workload.name} into git…`, [workload.id])] : []),
    ...ignoring(workload.id),
    command("sync", `Sync ${app.name}…`),
    command("rollback", `Roll back ${app.name}…`),
    command("release", `Release a version of ${app.name}…`),
    ...(app.pruneWaiting > 0 ? [command("approve-prune", `Prune what git no longer has of ${app.name}…`)] : []),
    app.suspended ? command("resume", `Resume ${app.name}…`) : command("suspend", `Suspend ${app.name}…`),
  ];
}

/** To leave a drifted field alone, if there is one. */
function ignoring(id: string): Command[] {
  const drift = rows("drift").find((one) => one.object === id && !one.reverted && one.app !== "");
  const field = drift?.fields[0]?.path;
  return drift && field ? [{ id: "do ignore", kind: "action", title: `Ignore ${field}…`, note: drift.app, run: () => ask({ verb: "ignore", application: drift.app, objects: [id], field }) }] : [];
}
