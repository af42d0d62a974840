// Keys of the actions, for what is in focus: a card of the drift inbox, the application of a view, or the selected workload.

import { signal } from "@preact/signals";
import type { Drift } from "../api";
import { row, rows, selected } from "../store";
import { go, lens, option } from "../url";
import { ask } from "./ask";

/** The drift whose card is in focus. */
export const focusedDrift = signal("");

/** One key, what it does in words, and whether it could; only the drift lens knows those with inbox. */
export interface ActionKey {
  key: string;
  says: string;
  inbox?: boolean;
  run: () => boolean;
}

export const actionKeys: readonly ActionKey[] = [
  { key: "j", says: "next in the drift inbox", inbox: true, run: () => moveCard(1) },
  { key: "k", says: "the one before in the drift inbox", inbox: true, run: () => moveCard(-1) },
  { key: "r", says: "put git back…", run: () => onDrift((d) => ask({ verb: "revert", application: d.app, objects: [d.object] })) },
  { key: "a", says: "adopt into git…", run: () => onDrift((d) => ask({ verb: "adopt", application: d.app, objects: [d.object] })) },
  { key: "i", says: "ignore this field…", run: () => onDrift((d) => d.fields[0] && ask({ verb: "ignore", application: d.app, objects: [d.object], field: d.fields[0].path })) },
  { key: "s", says: "sync the application…", run: () => onApplication((application) => ask({ verb: "sync", application })) },
  { key: "b", says: "roll the application back…", run: () => onApplication((application) => ask({ verb: "rollback", application })) },
  { key: "p", says: "suspend or resume the application…", run: () => onApplication((application) => ask({ verb: row("applications", application)?.suspended ? "resume" : "suspend", application })) },
  { key: "l", says: "logs of the selected workload", run: () => onSelected(() => go({ lens: "workload", options: { tab: "logs" } })) },
];

/** Runs the action of a key; false if it has none, or nothing to act on. */
export function actionKey(key: string): boolean {
  const found = actionKeys.find((a) => a.key === key);
  return found !== undefined && (!found.inbox || lens.value === "drift") && found.run();
}

function onDrift(then: (d: Drift) => unknown): boolean {
  const focused = lens.value === "drift" ? row("drift", focusedDrift.value) : undefined;
  const d = focused ?? rows("drift").find((one) => one.object === selected.value?.id && !one.reverted);
  if (!d || d.reverted || d.app === "") return false;
  then(d);
  return true;
}

function onApplication(then: (application: string) => unknown): boolean {
  const focused = lens.value === "drift" ? row("drift", focusedDrift.value)?.app : lens.value === "changes" ? option("app") : "";
  const application = focused || (selected.value?.app ?? "");
  if (!row("applications", application)) return false;
  then(application);
  return true;
}

function onSelected(then: () => unknown): boolean {
  if (!selected.value) return false;
  then();
  return true;
}

// The cards of the inbox as they stand on the page, by groups and all.
function moveCard(by: number): boolean {
  const all = [...document.querySelectorAll<HTMLElement>("[data-drift]")];
  const at = all.findIndex((c) => c.contains(document.activeElement));
  const to = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))];
  to?.focus();
  to?.scrollIntoView({ block: "nearest" });
  return to !== undefined;
}
