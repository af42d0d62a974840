// What a difference is made of, before anything is drawn: lines, the part of a line that differs, and what is left out between.
import type { DiffLine } from "../api";

export type { DiffLine };

/** A piece of a line; marked where it is not as on the other side. */
export interface Piece {
  text: string;
  marked: boolean;
}

/** A drawn row of a difference: a line, or a number of equal lines that are folded away. */
export type DiffRow =
  | { kind: "line"; line: DiffLine; pieces: Piece[]; at: number }
  | { kind: "fold"; lines: number; at: number }; // lines 0: they were not told

const tokens = /[\p{L}\p{N}_]+|\s+|./gu;

/** The pieces of two lines that stand for each other: what they begin and end with alike is not marked. */
export function compareTexts(was: string, now: string): [Piece[], Piece[]] {
  const a: string[] = was.match(tokens) ?? [];
  const b: string[] = now.match(tokens) ?? [];
  const most = Math.min(a.length, b.length);
  let front = 0;
  while (front < most && a[front] === b[front]) front++;
  let back = 0;
  while (back < most - front && a[a.length - 1 - back] === b[b.length - 1 - back]) back++;
  if (front + back === 0) return [[{ text: was, marked: false }], [{ text: now, marked: false }]]; // nothing alike: the colour of the line says it
  return [cut(a, front, back), cut(b, front, back)];
}

function cut(all: string[], front: number, back: number): Piece[] {
  const pieces = [
    { text: all.slice(0, front).join(""), marked: false },
    { text: all.slice(front, all.length - back).join(""), marked: true },
    { text: all.slice(all.length - back).join(""), marked: false },
  ];
  return pieces.filter((p) => p.text !== "");
}

/** Rows to draw: runs of removed and added lines are compared pairwise, equal lines further than context from a change are folded. */
export function diffRows(lines: readonly DiffLine[], context = 3): DiffRow[] {
  const pieces = pairs(lines);
  const shown = near(lines, context);
  const rows: DiffRow[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.op === "…") {
      rows.push({ kind: "fold", lines: 0, at: i });
      continue;
    }
    if (shown[i]) {
      rows.push({ kind: "line", line, pieces: pieces.get(i) ?? [{ text: line.text, marked: false }], at: i });
      continue;
    }
    const last = rows.at(-1);
    if (last?.kind === "fold" && last.lines > 0) last.lines++;
    else rows.push({ kind: "fold", lines: 1, at: i });
  }
  return rows;
}

function near(lines: readonly DiffLine[], context: number): boolean[] {
  const shown = lines.map(() => false);
  lines.forEach((l, i) => {
    if (l.op === " " || l.op === "…") return;
    shown.fill(true, Math.max(0, i - context), Math.min(lines.length, i + context + 1));
  });
  return shown;
}

function pairs(lines: readonly DiffLine[]): Map<number, Piece[]> {
  const found = new Map<number, Piece[]>();
  for (let i = 0; i < lines.length; ) {
    const removed = run(lines, i, "-");
    const added = run(lines, removed, "+");
    for (let k = 0; k < Math.min(removed - i, added - removed); k++) {
      const [was, now] = compareTexts(lines[i + k]!.text, lines[removed + k]!.text);
      found.set(i + k, was);
      found.set(removed + k, now);
    }
    i = Math.max(added, i + 1);
  }
  return found;
}

function run(lines: readonly DiffLine[], from: number, op: DiffLine["op"]): number {
  while (lines[from]?.op === op) from++;
  return from;
}

/** The same difference from the other side: what was removed is added. Removed lines stay before added ones. */
export function flip(lines: readonly DiffLine[]): DiffLine[] {
  const found: DiffLine[] = [];
  let added: DiffLine[] = [];
  for (const l of lines) {
    if (l.op === "-") added.push({ ...l, op: "+" });
    else if (l.op === "+") found.push({ ...l, op: "-" });
    else {
      found.push(...added, l);
      added = [];
    }
  }
  return [...found, ...added];
}

/** How many lines were added and removed. */
export function countChanges(lines: readonly DiffLine[]): { added: number; removed: number } {
  let added = 0;
  let removed = 0;
  for (const l of lines) {
    if (l.op === "+") added++;
    if (l.op === "-") removed++;
  }
  return { added, removed };
}
