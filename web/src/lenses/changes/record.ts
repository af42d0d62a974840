// The kept record of a release, read without trust in its shape: the object as the API server has it, or what the server made of it.

import type { Field } from "../../diff/fields";

export interface Change {
  object: string;
  action: string;
  fields: Field[];
  error: string;
}

export interface Problem {
  object: string;
  where: string;
  message: string;
  severity: string;
}

type Any = Record<string, unknown>;
const map = (v: unknown): Any => (typeof v === "object" && v !== null ? (v as Any) : {});
const list = (v: unknown): Any[] => (Array.isArray(v) ? v.map(map) : []);
const text = (v: unknown): string => (typeof v === "string" ? v : v === undefined || v === null ? "" : JSON.stringify(v));

// Where the content is: beside the row, or in the spec of the object.
function content(record: unknown): Any {
  const r = map(record);
  return { ...map(map(r["release"])["spec"]), ...map(r["spec"]), ...r };
}

/** What was done to each object. */
export function changesOf(record: unknown): Change[] {
  return list(content(record)["changes"]).map((c) => ({
    object: text(c["object"]) || text(c["id"]) || named(c),
    action: text(c["action"]) || text(c["change"]),
    error: text(c["error"]),
    fields: list(c["fields"]).map((f) => ({ path: text(f["path"]), git: text(f["from"]), live: text(f["to"]) })),
  }));
}

/** What kept single objects back, and what the practices found anew. */
export function problemsOf(record: unknown): Problem[] {
  const c = content(record);
  const problems = list(c["problems"]).map((p) => ({ object: text(p["object"]), where: text(p["where"]) || text(p["file"]), message: text(p["message"]), severity: "" }));
  const found = [...list(c["findings"]), ...list(map(c["practices"])["findings"])];
  return [...problems, ...found.map((f) => ({ object: text(f["object"]), where: text(f["where"]), message: text(f["message"]), severity: text(f["severity"]) }))];
}

function named(c: Any): string {
  const kind = [text(c["kind"]), text(c["group"])].filter((s) => s !== "").join(".");
  const name = [text(c["namespace"]), text(c["name"])].filter((s) => s !== "").join("/");
  return `${kind} ${name}`.trim();
}
