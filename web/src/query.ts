// The query language, the twin of internal/query: words separated by blanks, all must hold.
// Placeholder until the cases are there.

import type { Workload } from "./api";

export interface Parsed {
  terms: readonly unknown[];
  error: { message: string; at: number; end: number } | null;
}
export const matcher = (text: string): Parsed => ({ terms: text.trim() ? text.trim().split(/\s+/) : [], error: null });
export const bind =
  (parsed: Parsed, _context: { now: number; repo: (app: string) => string }) =>
  (w: Workload): boolean =>
    parsed.terms.every((t) => w.id.toLowerCase().includes(String(t).toLowerCase()));
