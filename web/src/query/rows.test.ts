import { expect, test } from "vitest";

import { world } from "../../dev/world";
import { matches, parse, type Row } from ".";
import { WorkloadRow } from "./rows";

test("the short way over all words finds what the long one finds", () => {
  const rows = world({ workloads: 300, now: 1_795_388_400 }).workloads;
  const quick = new WorkloadRow((app) => `https://git.example.com/${app}.git`);
  const long: Row = { words: (field) => quick.words(field), number: (field) => quick.number(field) };
  for (const text of ["ledger", "PAY", "s/led", "registry.example.com/web", "-ledger web", "led*r", '"a\nb"', "é"]) {
    const query = parse(text);
    const found = (row: Row): string[] => rows.filter((one) => ((quick.row = one), matches(query, row, 1_795_388_400))).map((one) => one.id);
    expect(found(quick), text).toEqual(found(long));
  }
});
