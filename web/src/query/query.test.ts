import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { complete, matches, parse, type Completion, type QueryError, type Row } from ".";

interface Cases {
  now: number;
  tables: Record<string, Record<string, string>>;
  rows: Record<string, unknown>[];
  cases: { query: string; ids?: string[]; error?: QueryError }[];
  complete: ({ query: string } & Completion)[];
}

// The server's language runs the same cases.
const file = new URL("../../../internal/query/testdata/cases.json", import.meta.url);
const there = existsSync(file);
const cases: Cases = there ? (JSON.parse(readFileSync(file, "utf8")) as Cases) : { now: 0, tables: {}, rows: [], cases: [], complete: [] };

const rows = cases.rows.map((row): Row & { id: string } => {
  const value = (field: string): unknown => {
    const property = cases.tables[row["table"] as string]?.[field];
    return property?.startsWith("=") ? property.slice(1) : property && row[property];
  };
  return {
    id: row["id"] as string,
    words: (field) => [value(field)].flat().filter((word): word is string => typeof word === "string"),
    number: (field) => (value(field) === undefined || Number.isNaN(Number(value(field))) ? undefined : Number(value(field))),
  };
});

test.skipIf(!there)("queries choose the rows of the cases", () => {
  for (const one of cases.cases) {
    const query = parse(one.query);
    expect.soft(query.error ?? undefined, one.query).toEqual(one.error);
    if (!query.error) expect.soft(rows.filter((row) => matches(query, row, cases.now)).map((row) => row.id), one.query).toEqual(one.ids);
  }
});

test.skipIf(!there)("completion offers what the cases say", () => {
  for (const { query, ...want } of cases.complete) {
    const words = (field: string): string[] => rows.flatMap((row) => row.words(field));
    expect.soft(complete(query, want.at, words), query).toEqual(want);
  }
});

test("many stars end, too", () => {
  const row: Row = { words: () => ["a".repeat(300)], number: () => undefined };
  expect(matches(parse("name:" + "*a".repeat(200) + "*b"), row, 0)).toBe(false);
});
