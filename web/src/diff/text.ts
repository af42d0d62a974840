// The lines that turn one text into another: the shortest list by their longest common part, for texts of the length of a manifest.

import type { DiffLine } from "./lines";

const largest = 1500; // lines; beyond it all of the middle is removed and added

export function textLines(was: string, now: string): DiffLine[] {
  const a = was.replace(/\n$/, "").split("\n");
  const b = now.replace(/\n$/, "").split("\n");
  let front = 0;
  while (front < a.length && front < b.length && a[front] === b[front]) front++;
  let back = 0;
  while (back < a.length - front && back < b.length - front && a[a.length - 1 - back] === b[b.length - 1 - back]) back++;
  const same = (text: string, line: number): DiffLine => ({ op: " ", text, line });
  return [
    ...a.slice(0, front).map((t, i) => same(t, i + 1)),
    ...middle(a.slice(front, a.length - back), b.slice(front, b.length - back), front),
    ...a.slice(a.length - back).map((t, i) => same(t, a.length - back + i + 1)),
  ];
}

function middle(a: string[], b: string[], offset: number): DiffLine[] {
  const removed = (i: number): DiffLine => ({ op: "-", text: a[i]!, line: offset + i + 1 });
  const added = (i: number): DiffLine => ({ op: "+", text: b[i]! });
  if (a.length > largest || b.length > largest) return [...a.map((_, i) => removed(i)), ...b.map((_, i) => added(i))];
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width); // longest common part of what follows
  for (let i = a.length - 1; i >= 0; i--)
    for (let k = b.length - 1; k >= 0; k--) common[i * width + k] = a[i] === b[k] ? common[(i + 1) * width + k + 1]! + 1 : Math.max(common[(i + 1) * width + k]!, common[i * width + k + 1]!);
  const found: DiffLine[] = [];
  let i = 0;
  let k = 0;
  while (i < a.length || k < b.length) {
    if (i < a.length && k < b.length && a[i] === b[k]) {
      found.push({ op: " ", text: a[i]!, line: offset + i + 1 });
      i++;
      k++;
    } else if (i < a.length && (k === b.length || common[(i + 1) * width + k]! >= common[i * width + k + 1]!)) found.push(removed(i++));
    else found.push(added(k++));
  }
  return found;
}
