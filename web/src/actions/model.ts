// An action from its question to its end, without anything drawn: preview, reason, done; and what can come between.

import type { ObjectDiff } from "../api";

export type Verb = "sync" | "revert" | "adopt" | "rollback" | "release" | "suspend" | "resume" | "ignore" | "exception" | "approve-prune";

/** What is to be done, to what. */
export interface Asked {
  verb: Verb;
  application: string; // NAMESPACE/NAME
  objects?: string[];
  field?: string; // of adopt, ignore and exception
  to?: string; // a Release's number or a revision (rollback), IMAGE:TAG (release), a practice (exception)
  until?: string; // of exception: YYYY-MM-DD
  hold?: boolean; // rollback: keep the revision instead of committing
  lift?: boolean; // release: a version that is held, too
  pullRequest?: boolean; // adopt: to a branch of its own
}

/** What the server says that would happen. */
export interface Preview {
  title: string;
  effects: string[];
  diff?: ObjectDiff[];
  commit?: { repository?: string; message: string; branch: string; files: string[] | null };
  warnings?: string[];
  seen: string;
}

/** What came of it. */
export interface Done {
  done: string;
  commit?: string;
  branch?: string;
  pullRequest?: string; // where one can be opened
}

/** A refusal in words, with what to do. */
export interface Refusal {
  message: string;
  next: string;
}

/** Where a dialog is. A preview that has been seen is kept while a new one is read, so that nothing jumps. */
export interface Dialog {
  asked: Asked;
  reason: string;
  preview: Preview | undefined;
  /** The reason that the preview was made with: it is in the commit's message. */
  previewed: string;
  step: "previewing" | "ready" | "doing" | "done";
  refusal: Refusal | undefined;
  changed: boolean; // the preview is another than the one that was agreed to
  signedOut: boolean;
}

/** An answer of the server to a preview or to the act. */
export type Answer =
  | { kind: "preview"; preview: Preview }
  | { kind: "stale"; preview: Preview }
  | { kind: "done"; done: Done }
  | { kind: "signed-out" }
  | { kind: "refused"; refusal: Refusal };

export const open = (asked: Asked, reason = ""): Dialog => ({ asked, reason, preview: undefined, previewed: "", step: "previewing", refusal: undefined, changed: false, signedOut: false });

/** The dialog after an answer to a request that had the reason. What was typed since stays, whatever the answer is. */
export function after(d: Dialog, answer: Answer, reason = d.reason): Dialog {
  const calm = { ...d, refusal: undefined, signedOut: false };
  switch (answer.kind) {
    case "preview":
      return { ...calm, preview: answer.preview, previewed: reason, step: "ready" };
    case "stale":
      return { ...calm, preview: answer.preview, previewed: reason, step: "ready", changed: true };
    case "done":
      return { ...calm, step: "done" };
    case "signed-out":
      return { ...d, step: "ready", refusal: undefined, signedOut: true };
    case "refused":
      return { ...d, step: "ready", refusal: answer.refusal, signedOut: false };
  }
}

/** Whether two previews are of the same change: all but the reasons that they were made with, which stand in messages and sentences. */
export function sameChange(a: Preview, reasonA: string, b: Preview, reasonB: string): boolean {
  return core(a, reasonA) === core(b, reasonB);
}

function core(p: Preview, reason: string): string {
  const text = JSON.stringify([p.effects, p.diff ?? [], p.warnings ?? [], p.commit?.branch, p.commit?.files]);
  const said = JSON.stringify(reason.trim().split(/\s+/).join(" ")).slice(1, -1);
  return said === "" ? text : text.split(said).join("");
}

/** Whether enough is said for a preview: a release wants a version. */
export const isAsked = (asked: Asked) => asked.verb !== "release" || /[^/]:[^/:]+$|@./.test(asked.to ?? "");

/** Whether a verb wants a reason. */
export const wantsReason = (verb: Verb) => verb !== "sync" && verb !== "resume";

/** Why the button can't be pressed, in words; "" if it can. */
export function whyNot(d: Dialog): string {
  if (!isAsked(d.asked)) return "say which version: IMAGE:TAG";
  if (d.step === "previewing") return "the preview is being made";
  if (d.step === "doing") return "it is being done";
  if (d.signedOut) return "sign in again first; what you typed stays here";
  if (!d.preview) return "there is no preview, and nothing is written without one";
  if (d.asked.verb === "exception" && !d.asked.until) return "say until which day";
  if (wantsReason(d.asked.verb) && d.reason.trim().length < 3) return "say why: the reason is kept with the change";
  return "";
}

/** What the server made of a request; status and body as they came. */
export function answerOf(status: number, body: unknown): Answer {
  if (status === 401) return { kind: "signed-out" };
  if (status === 409 && isPreview(body)) return { kind: "stale", preview: body };
  if (status === 409 && isPreview(field(body, "preview"))) return { kind: "stale", preview: field(body, "preview") as Preview };
  if (status >= 200 && status < 300) {
    if (isPreview(body)) return { kind: "preview", preview: body };
    if (typeof field(body, "done") === "string") return { kind: "done", done: body as Done };
  }
  return { kind: "refused", refusal: refusalOf(status, body) };
}

export function refusalOf(status: number, body: unknown): Refusal {
  const error = field(body, "error");
  const message = field(error, "message");
  const next = field(error, "next");
  return {
    message: typeof message === "string" && message !== "" ? message : `the server answered ${status}`,
    next: typeof next === "string" ? next : "",
  };
}

function isPreview(body: unknown): body is Preview {
  return typeof field(body, "seen") === "string" && Array.isArray(field(body, "effects"));
}

function field(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? (of as Record<string, unknown>)[name] : undefined;
}

/** The words of a verb: above its dialog, on its button, and while it is done. */
export const words: Record<Verb, { title(app: string): string; button: string; doing: string }> = {
  sync: { title: (app) => `Sync ${app} now`, button: "Sync", doing: "Syncing…" },
  revert: { title: (app) => `Put git back in ${app}`, button: "Put git back", doing: "Putting git back…" },
  adopt: { title: (app) => `Adopt into git: ${app}`, button: "Adopt into git", doing: "Committing…" },
  rollback: { title: (app) => `Roll ${app} back`, button: "Roll back", doing: "Rolling back…" },
  release: { title: (app) => `Release a version of ${app}`, button: "Release", doing: "Releasing…" },
  suspend: { title: (app) => `Suspend ${app}`, button: "Suspend", doing: "Suspending…" },
  resume: { title: (app) => `Resume ${app}`, button: "Resume", doing: "Resuming…" },
  ignore: { title: (app) => `Ignore a field in ${app}`, button: "Ignore this field", doing: "Committing…" },
  exception: { title: (app) => `Make an exception in ${app}`, button: "Make the exception", doing: "Committing…" },
  "approve-prune": { title: (app) => `Prune what git no longer has of ${app}`, button: "Prune them", doing: "Pruning…" },
};
