// A drifted field as lines of YAML: the path to it, what git says, what is there.
import type { DriftField } from "../api";

/** One field that differs, as the drift table has it. Values are JSON text, or "" where there is none. */
export type Field = Pick<DriftField, "path" | "git" | "live"> & Partial<DriftField>;

/** A line with the field that it is of; context lines have none. */
export interface FieldLine {
  op: " " | "+" | "-";
  text: string;
  line: number; // in git's file; 0 unknown
  field: Field | undefined;
}

/** Fields whose keys are people's own: "app.kubernetes.io/name" is one, dots and all. */
const keysAreOwn = new Set(["labels", "annotations", "matchLabels", "nodeSelector"]);
const dataIsOwn = new Set(["data", "stringData", "binaryData"]);

/** Steps of a path: "spec.containers[name=api].env[0]" → spec, containers, [name=api], env, [0]. Dots in brackets, quotes and keys of people's own don't part. */
export function pathSteps(path: string): string[] {
  const steps: string[] = [];
  let step = "";
  let depth = 0;
  let quoted = false;
  const end = () => {
    if (step !== "") steps.push(step);
    step = "";
  };
  for (const [i, c] of [...path].entries()) {
    const last = steps.at(-1) ?? "";
    if (step === "" && depth === 0 && c !== "[" && c !== "." && (keysAreOwn.has(last) || (steps.length === 1 && dataIsOwn.has(last)))) {
      return [...steps, [...path].slice(i).join("")];
    }
    if (c === '"' && depth > 0) quoted = !quoted;
    if (quoted) step += c;
    else if (c === "[") {
      if (depth++ === 0) end();
      step += c;
    } else if (c === "]") {
      step += c;
      if (--depth === 0) end();
    } else if (c === "." && depth === 0) end();
    else step += c;
  }
  end();
  return steps;
}

/** The lines of all fields of an object: those with a common path stand below it once. What all are under, such as spec.template.spec, is told apart. */
export function fieldLines(fields: readonly Field[]): { under: string; lines: FieldLine[] } {
  const lines: FieldLine[] = [];
  const paths = fields.map((f) => pathSteps(f.path));
  const under = commonMaps(paths);
  let before: string[] = [];
  for (const [n, field] of fields.entries()) {
    const steps = paths[n]!.slice(under.length);
    const leaf = lastNamed(steps);
    const above = steps.slice(0, leaf);
    let same = 0;
    while (same < above.length && above[same] === before[same]) same++;
    for (let i = same; i < above.length; i++) lines.push({ op: " ", text: contextLine(above, i), line: 0, field: undefined });
    before = above;
    const key = keyOf(steps.slice(leaf));
    const indent = "  ".repeat(depthOf(above));
    add(lines, field, "-", indent, key);
    add(lines, field, "+", indent, key);
  }
  return { under: under.join("."), lines };
}

// The maps that all paths lead through, but for the list that is in the last of them: it says what its items are of.
function commonMaps(paths: readonly string[][]): string[] {
  const first = paths[0] ?? [];
  let n = 0;
  while (n < first.length - 1 && !first[n + 1]!.startsWith("[") && paths.every((p) => p.length > n + 1 && p[n] === first[n] && !p[n + 1]!.startsWith("["))) n++;
  return first.slice(0, n);
}

function add(lines: FieldLine[], field: Field, op: "-" | "+", indent: string, key: string) {
  const value = op === "-" ? field.git : field.live;
  if (value === "") return;
  const first = op === "-" ? lineOf(field.where ?? "") : 0;
  yamlLines(key, value).forEach((text, i) => lines.push({ op, text: indent + text, line: i === 0 ? first : 0, field }));
}

/** The line of "file:12"; 0 if it has none. */
export function lineOf(where: string): number {
  return Number(/:(\d+)$/.exec(where)?.[1] ?? 0);
}

// The last step that is a name: what stands in brackets behind it is part of the line.
function lastNamed(steps: readonly string[]): number {
  for (let i = steps.length - 1; i >= 0; i--) if (!steps[i]!.startsWith("[")) return i;
  return 0;
}

const keyOf = (steps: readonly string[]) => steps.join("");
const depthOf = (steps: readonly string[]) => steps.filter((s) => !s.startsWith("[")).length;

function contextLine(steps: readonly string[], i: number): string {
  const step = steps[i]!;
  const indent = "  ".repeat(depthOf(steps.slice(0, i)));
  if (!step.startsWith("[")) return `${indent}${step}:`;
  const inner = step.slice(1, -1);
  const at = inner.indexOf("=");
  const lower = indent.slice(2);
  return at > 0 ? `${lower}- ${inner.slice(0, at)}: ${inner.slice(at + 1)}` : `${lower}- # item ${inner}`;
}

/** A key and its JSON value as lines of YAML; what is no JSON is shown as it is. */
export function yamlLines(key: string, value: string): string[] {
  const parsed = parse(value);
  if (parsed === undefined) return `${key}: ${value}`.split("\n");
  if (typeof parsed === "object" && parsed !== null) {
    const body = Array.isArray(parsed) ? listLines(parsed) : mapLines(parsed as Record<string, unknown>);
    return body.length === 0 ? [`${key}: ${value}`] : [`${key}:`, ...body.map((l) => `  ${l}`)];
  }
  if (typeof parsed === "string" && parsed.includes("\n")) return [`${key}: |`, ...parsed.replace(/\n$/, "").split("\n").map((l) => `  ${l}`)];
  return [`${key}: ${scalar(parsed)}`];
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

function mapLines(map: Record<string, unknown>): string[] {
  return Object.entries(map).flatMap(([k, v]) => yamlLines(k, JSON.stringify(v)));
}

function listLines(list: readonly unknown[]): string[] {
  return list.flatMap((v) => {
    if (typeof v !== "object" || v === null) return [`- ${scalar(v)}`];
    const inner = Array.isArray(v) ? listLines(v) : mapLines(v as Record<string, unknown>);
    return inner.map((l, i) => (i === 0 ? "- " : "  ") + l);
  });
}

// Strings that YAML would take for something else are quoted, as a person would write them.
function scalar(v: unknown): string {
  if (typeof v !== "string") return String(v);
  return v === "" || /^(true|false|null|yes|no|on|off|~)$|^[-+.\d][\d._eExX+-]*$|^[\s&*!|>%@`'"#?[\]{},-]|: | #|\s$|:$/i.test(v) ? JSON.stringify(v) : v;
}
