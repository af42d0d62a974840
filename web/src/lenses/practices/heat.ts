// Findings as a table of namespaces and categories, failing first.
import type { Finding } from "../../api";

export interface Cell {
  errors: number;
  warnings: number;
  infos: number;
}

export interface HeatRow {
  name: string; // of the namespace
  cells: Cell[]; // one for each category
  all: Cell;
}

export interface Heat {
  categories: string[];
  rows: HeatRow[];
}

/** A row for each name and a column for each category; the worst rows first, columns in the catalogue's order. */
export function heatOf(findings: readonly Finding[], names: readonly string[], categories: readonly string[]): Heat {
  const columns = [...categories];
  const rows = new Map<string, HeatRow>();
  const row = (name: string) => {
    let r = rows.get(name);
    if (!r) rows.set(name, (r = { name, cells: [], all: none() }));
    return r;
  };
  for (const name of names) row(name);
  for (const f of findings) {
    if (!columns.includes(f.category)) columns.push(f.category);
    const r = row(f.namespace);
    add(r.all, f.severity);
    add((r.cells[columns.indexOf(f.category)] ??= none()), f.severity);
  }
  for (const r of rows.values()) for (let i = 0; i < columns.length; i++) r.cells[i] ??= none();
  const sorted = [...rows.values()].sort((a, b) => worse(a.all, b.all) || (a.name < b.name ? -1 : 1));
  return { categories: columns, rows: sorted };
}

const none = (): Cell => ({ errors: 0, warnings: 0, infos: 0 });

function add(cell: Cell, severity: string) {
  if (severity === "error") cell.errors++;
  else if (severity === "warning") cell.warnings++;
  else cell.infos++;
}

function worse(a: Cell, b: Cell): number {
  return b.errors - a.errors || b.warnings - a.warnings || b.infos - a.infos;
}

/** Findings of one practice, the worst practices first. */
export interface PracticeGroup {
  practice: string;
  severity: string;
  findings: Finding[];
}

const ranks: Record<string, number> = { error: 0, warning: 1, info: 2 };
const rank = (severity: string) => ranks[severity] ?? 3;

export function byPractice(findings: readonly Finding[]): PracticeGroup[] {
  const groups = new Map<string, PracticeGroup>();
  for (const f of findings) {
    const g = groups.get(f.practice);
    if (!g) groups.set(f.practice, { practice: f.practice, severity: f.severity, findings: [f] });
    else {
      g.findings.push(f);
      if (rank(f.severity) < rank(g.severity)) g.severity = f.severity;
    }
  }
  for (const g of groups.values()) g.findings.sort((a, b) => rank(a.severity) - rank(b.severity) || (a.object < b.object ? -1 : 1));
  return [...groups.values()].sort((a, b) => rank(a.severity) - rank(b.severity) || b.findings.length - a.findings.length || (a.practice < b.practice ? -1 : 1));
}
