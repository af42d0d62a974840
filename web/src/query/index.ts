// The query language in the browser, the twin of internal/query: both run internal/query/testdata/cases.json.
//
//   ns:shop,users health:degraded changed:<2h -kind:Job front
//
// Words are separated by blanks and all must hold.

import { fieldNamed, fieldNames, pattern, type Field, type Pattern, type Row, type Value } from "./fields";
import { splitBlanks, splitField, splitValues, unquote, type Word } from "./words";

export type { Row } from "./fields";
export { complete, type Completion } from "./complete";

export const longest = 1000;

/** What is wrong and where: from at up to to. */
export interface QueryError {
  at: number;
  to: number;
  message: string;
}

export interface Term {
  not: boolean;
  /** null for a bare word. */
  field: Field | null;
  values: readonly Value[];
  /** Where it stands in the text. */
  at: number;
  to: number;
}

export interface Query {
  terms: readonly Term[];
  error: QueryError | null;
}

/** Reads a query. With an error there are no terms. */
export function parse(text: string): Query {
  if (text.length > longest) return refused({ at: longest, to: text.length, message: `a query has at most ${longest} characters` });
  const terms: Term[] = [];
  for (const word of splitBlanks(text)) {
    const term = parseTerm(word);
    if ("message" in term) return refused(term);
    terms.push(term);
  }
  return { terms, error: null };
}

const refused = (error: QueryError): Query => ({ terms: [], error });

function parseTerm(whole: Word): Term | QueryError {
  if (whole.text === "-") return { at: whole.at, to: whole.end, message: "- needs a word to leave out" };
  const not = whole.text.startsWith("-");
  const word = not ? whole.from(1) : whole;
  const place = { not, at: whole.at, to: whole.end };
  if (word.open >= 0) return { at: word.open, to: word.end, message: "the quote is not closed" };
  const split = splitField(word);
  if (!split) return { ...place, field: null, values: [{ text: pattern(`*${unquote(word.text)}*`) }] };
  const field = fieldNamed(split.name);
  if (!field) return { at: word.at, to: word.at + split.name.length, message: `there is no field ${JSON.stringify(split.name)}; there are ${fieldNames}` };
  const values: Value[] = [];
  for (const one of splitValues(split.rest)) {
    const value = field.parse(unquote(one.text));
    if (one.text === "") return { at: one.at, to: one.at, message: `${field.name} needs a value` };
    if (!value) return { at: one.at, to: one.end, message: `${field.name} ${field.says}, not ${JSON.stringify(unquote(one.text))}` };
    values.push(value);
  }
  return { ...place, field, values };
}

/** Whether a row is meant; now in Unix seconds. */
export function matches(query: Query, row: Row, now: number): boolean {
  for (const term of query.terms) if (holds(term, row, now) === term.not) return false;
  return true;
}

/** Fields in which a bare word may stand. */
export const bare = ["name", "ns", "app", "kind", "image"] as const;

function holds(term: Term, row: Row, now: number): boolean {
  for (const value of term.values) if (term.field ? term.field.holds(value, row, now) : isPart(value.text!, row)) return true;
  return false;
}

function isPart(pattern: Pattern, row: Row): boolean {
  const { part } = pattern;
  if (row.text && part !== undefined && !part.includes("\n")) return row.text().includes(part);
  return bare.some((field) => row.words(field).some((word) => pattern.matches(word)));
}
