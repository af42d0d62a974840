// The one sentence or two that say how a workload is, from the live rows: it turns as they do.
import type { Application, Drift, Workload } from "../../api";
import { many } from "../../words";

/** A piece of a sentence. */
export interface Said {
  text: string;
  strong?: boolean;
  code?: boolean;
}

export interface VerdictOf {
  workload: Pick<Workload, "kind" | "desired" | "ready" | "health" | "why" | "sync" | "nodes" | "newer" | "errors" | "warnings" | "restarts" | "app">;
  app?: Pick<Application, "revision" | "author" | "synced" | "suspended" | "suspendedBy"> | undefined;
  drift: readonly Pick<Drift, "change" | "cause" | "who" | "manager" | "fields" | "more" | "since">[];
}

const strong = (text: string): Said => ({ text, strong: true });
const code = (text: string): Said => ({ text, code: true });
const plain = (text: string): Said => ({ text });

/** How it is, as pieces to draw; ago tells a time (Unix seconds) the way the page does: "2 h ago". */
export function verdict(of: VerdictOf, ago: (time: number) => string): Said[] {
  return [...running(of), ...delivered(of, ago), plain(". "), ...edits(of, ago), ...rest(of)];
}

/** The same as plain text. */
export function said(pieces: readonly Said[]): string {
  return pieces.map((p) => p.text).join("");
}

const states: Partial<Record<string, string>> = { degraded: "Not healthy", progressing: "Rolling out", missing: "Not there", suspended: "Suspended", unknown: "Health unknown" };

function running({ workload: w }: VerdictOf): Said[] {
  const on = w.nodes.length > 0 ? ` on ${many(w.nodes.length, "node")}` : "";
  const pods = runs(w, on);
  const state = states[w.health];
  if (state === undefined) return pods;
  return [strong(state), plain(w.why === "" ? ": " : ` (${trimDot(w.why)}): `), ...lower(pods)];
}

function runs(w: VerdictOf["workload"], on: string): Said[] {
  if (w.kind === "CronJob") return [plain(w.ready > 0 ? `${w.ready} of its jobs run now${on}` : "Waiting for its next run")];
  if (w.kind === "Job") return [plain("Finished "), strong(`${w.ready} of ${w.desired}`), plain(on)];
  if (w.desired === 0) return [plain("Scaled to "), strong("0"), plain(": nothing runs")];
  return [plain("Running "), strong(`${w.ready} of ${w.desired}`), plain(on)];
}

function delivered({ workload: w, app }: VerdictOf, ago: (time: number) => string): Said[] {
  if (w.app === "") return [plain("; no application delivers it")];
  if (!app?.revision) return [plain(" by application "), strong(w.app)];
  const by = app.author === "" ? "" : ` by ${app.author}`;
  return [plain(" at commit "), code(app.revision), plain(`${by}${app.synced > 0 ? `, ${ago(app.synced)}` : ""}`)];
}

function edits({ workload: w, app, drift }: VerdictOf, ago: (time: number) => string): Said[] {
  if (app?.suspended) return [strong("Delivery is suspended"), plain(`${app.suspendedBy ? ` by ${app.suspendedBy}` : ""}: “${trimDot(app.suspended)}”. `)];
  if (w.app === "") return [];
  if (drift.length === 0) {
    if (w.sync === "synced") return [plain("Nothing edited by hand. ")];
    return w.sync === "behind" ? [plain("Git is ahead of the cluster. ")] : w.sync === "held" ? [strong("The gate holds"), plain(" its newest commit. ")] : [];
  }
  return drift.flatMap((d) => oneDrift(d, ago));
}

function oneDrift(d: VerdictOf["drift"][number], ago: (time: number) => string): Said[] {
  const fields = d.fields.length + d.more;
  const who = d.who || d.manager || "somebody";
  const how = d.cause === "person" ? " by hand" : d.cause === "controller" ? " by a controller" : "";
  const what = d.change === "deleted" ? "deleted" : `${many(fields, "field")} edited`;
  return [strong(`${capital(what)}${how}`), plain(`: ${who}${d.since > 0 ? `, ${ago(d.since)}` : ""}. `)];
}

function rest({ workload: w }: VerdictOf): Said[] {
  const parts: Said[][] = [];
  if (w.newer !== "") parts.push([plain("Image "), code(w.newer), plain(" is allowed and newer")]);
  const short = [w.errors > 0 ? many(w.errors, "error") : "", w.warnings > 0 ? many(w.warnings, "warning") : ""].filter((s) => s !== "");
  if (short.length > 0) parts.push([strong(short.join(" and ")), plain(" by the practices")]);
  if (w.restarts > 0) parts.push([plain(`${many(w.restarts, "restart")} of its pods`)]);
  if (parts.length === 0) return [];
  return [...parts.flatMap((p, i) => (i === 0 ? p : [plain("; "), ...p])), plain(".")];
}

const capital = (s: string) => s.charAt(0).toUpperCase() + s.slice(1);
const trimDot = (s: string) => s.replace(/\.\s*$/, "");
const lower = (pieces: Said[]) => pieces.map((p, i) => (i === 0 ? { ...p, text: p.text.charAt(0).toLowerCase() + p.text.slice(1) } : p));
