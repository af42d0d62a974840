// What can be asked of a row, field by field.

/** What a query asks of a row. A row that lacks a field has no words and no number of it. */
export interface Row {
  words(field: string): readonly string[];
  number(field: string): number | undefined;
  /** All words in which a bare word may stand, in lower case, a line each; where it is there the words are not asked for one by one. */
  text?(): string;
}

/** A text in which * stands for anything; letters are the same in both cases. */
export interface Pattern {
  wild: boolean;
  /** What has to be contained, when that is all. */
  part?: string;
  matches: (text: string) => boolean;
}

/** One value of a term. What it holds depends on the field. */
export interface Value {
  text?: Pattern;
  op?: string;
  /** Seconds for an age. */
  number?: number;
  yes?: boolean;
}

export interface Field {
  name: string;
  /** What its values are, for errors. */
  says: string;
  parse: (text: string) => Value | null;
  holds: (value: Value, row: Row, now: number) => boolean;
  /** Values to begin with, for completion; without them what the rows have. */
  offers?: readonly string[];
}

export function pattern(text: string): Pattern {
  const lower = text.toLowerCase();
  if (!lower.includes("*")) return { wild: false, matches: (s) => s.toLowerCase() === lower };
  const part = lower.slice(1, -1);
  if (lower.length > 1 && lower.startsWith("*") && lower.endsWith("*") && !part.includes("*")) return { wild: true, part, matches: (s) => s.toLowerCase().includes(part) };
  return { wild: true, matches: (s) => glob(lower, s.toLowerCase()) };
}

/** Goes back to the last star only, so that its time is bound by the product of both lengths. */
function glob(p: string, s: string): boolean {
  let i = 0;
  let star = -1;
  let mark = 0;
  for (let j = 0; j < s.length; ) {
    if (p[i] === "*") {
      star = i++;
      mark = j;
    } else if (i < p.length && p[i] === s[j]) {
      i++;
      j++;
    } else if (star >= 0) {
      j = ++mark;
      i = star + 1;
    } else return false;
  }
  return /^\**$/.test(p.slice(i));
}

/** Whether a text matches, or what follows one of its slashes or blanks: people say "front" for "ghcr.io/acme/front". */
function matchesEnd(p: Pattern, s: string): boolean {
  for (let text = s; ; ) {
    if (p.matches(text)) return true;
    const i = text.search(/[/ ]/);
    if (i < 0) return false;
    text = text.slice(i + 1);
  }
}

const text = (name: string, match: (p: Pattern, s: string) => boolean): Field => ({
  name,
  says: "",
  parse: (s) => ({ text: pattern(s) }),
  holds: (value, row) => row.words(name).some((s) => match(value.text!, s)),
});
const whole = (p: Pattern, s: string): boolean => p.matches(s);

/** A text that has to be one of some words, or a pattern. */
function oneOf(name: string, ...all: string[]): Field {
  return {
    ...text(name, whole),
    offers: all,
    says: `is ${all.slice(0, -1).join(", ")} or ${all.at(-1)!}`,
    parse(s) {
      const value = { text: pattern(s) };
      return value.text.wild || all.includes(s.toLowerCase()) ? value : null;
    },
  };
}

/** A count; what is unknown (-1) is no number. */
const number = (name: string, ...offers: string[]): Field => ({
  name,
  offers,
  says: "needs a number such as 80 or <80",
  parse: (s) => parseNumber(s, null),
  holds(value, row) {
    const n = row.number(name);
    return n !== undefined && n >= 0 && compare(value, n);
  },
});

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 7 * 86400 };

function parseNumber(s: string, units: Readonly<Record<string, number>> | null): Value | null {
  const found = /^(<|<=|>|>=)?([0-9]{1,9})([smhdw]*)$/.exec(s);
  if (!found) return null;
  const [, op = "", digits = "", unit = ""] = found;
  const scale = units ? (Object.hasOwn(units, unit) ? units[unit]! : 0) : unit === "" ? 1 : 0;
  return scale ? { op, number: Number(digits) * scale } : null;
}

function compare(value: Value, n: number): boolean {
  const than = value.number!;
  switch (value.op) {
    case "<":
      return n < than;
    case "<=":
      return n <= than;
    case ">":
      return n > than;
    case ">=":
      return n >= than;
    default:
      return n === than;
  }
}

function yesOrNo(s: string): Value | null {
  const word = s.toLowerCase();
  return word === "yes" || word === "no" ? { yes: word === "yes" } : null;
}

const drift: Field = {
  name: "drift",
  offers: ["yes", "no"],
  says: "is yes, no or a number such as >2",
  parse: (s) => yesOrNo(s) ?? parseNumber(s, null),
  holds(value, row) {
    const n = row.number("drift");
    if (n === undefined) return false;
    return value.yes === undefined ? compare(value, n) : n > 0 === value.yes;
  },
};

const newer: Field = {
  name: "newer",
  offers: ["yes", "no"],
  says: "is yes or no",
  parse: yesOrNo,
  holds(value, row) {
    const [word] = row.words("newer");
    return word !== undefined && (word !== "") === value.yes;
  },
};

/** An age: 2h alone is less than that. A clock that is ahead of ours makes nothing younger than now. */
const changed: Field = {
  name: "changed",
  offers: ["<1h", "<1d", "<1w"],
  says: "needs an age such as <2h (s, m, h, d, w)",
  parse(s) {
    const value = parseNumber(s, seconds);
    return value && { ...value, op: value.op || "<" };
  },
  holds(value, row, now) {
    const at = row.number("changed");
    return at !== undefined && at !== 0 && compare(value, Math.max(now - at, 0));
  },
};

const is: Field = {
  name: "is",
  offers: ["bad"],
  says: "is bad",
  parse: (s) => (s.toLowerCase() === "bad" ? {} : null),
  holds: (_, row) => isBad(row),
};

/** Not healthy, drifted, or held. */
function isBad(row: Row): boolean {
  return row.words("health").some((s) => s !== "healthy") || row.words("sync").some((s) => s === "drifted" || s === "held") || (row.number("drift") ?? 0) > 0;
}

/** The whole reference, without its digest, without its tag; or the end of these from a slash on. */
function isImage(p: Pattern, ref: string): boolean {
  const bare = ref.split("@", 1)[0]!;
  const colon = bare.lastIndexOf(":");
  const name = colon > bare.lastIndexOf("/") ? bare.slice(0, colon) : bare; // else the port of a registry
  return matchesEnd(p, ref) || matchesEnd(p, bare) || matchesEnd(p, name);
}

const isLabel = (p: Pattern, label: string): boolean => p.matches(label) || p.matches(label.split("=", 1)[0]!);

/** "node-4:2" → "node-4" */
export const nodeName = (s: string): string => s.split(":", 1)[0]!;

/** All fields, in the order in which people are shown them. */
export const fields: readonly Field[] = [
  text("ns", whole),
  text("name", whole),
  text("kind", whole),
  text("app", matchesEnd),
  oneOf("health", "healthy", "progressing", "degraded", "suspended", "missing", "unknown"),
  oneOf("sync", "synced", "drifted", "behind", "held", "unmanaged", "unknown"),
  drift,
  number("score", "<80", "<50"),
  number("errors", ">0"),
  number("warnings", ">0"),
  text("image", isImage),
  newer,
  text("node", (p, s) => p.matches(nodeName(s))),
  text("label", isLabel),
  number("restarts", ">0"),
  changed,
  text("repo", (p, s) => matchesEnd(p, s) || matchesEnd(p, s.replace(/\.git$/, ""))),
  text("id", matchesEnd),
  is,
];

export const fieldNames = fields.map((field) => field.name).join(", ");
export const fieldNamed = (name: string): Field | undefined => fields.find((field) => field.name === name.toLowerCase());
