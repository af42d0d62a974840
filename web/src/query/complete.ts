import { fieldNamed, fields, nodeName } from "./fields";
import { quote, splitBlanks, splitField, splitValues, unquote, Word } from "./words";

/** What may stand at a place: each of options replaces what is there from from up to to. */
export interface Completion {
  at: number;
  from: number;
  to: number;
  options: string[];
}

const most = 20;

/** Fields, or values of the field that stands there. words gives every word of a field, as often as there are rows that have it: the frequent come first. */
export function complete(text: string, at: number, words: (field: string) => Iterable<string>): Completion {
  const cursor = Math.min(at, text.length);
  const around = (parts: Word[], otherwise: Word): Word => parts.findLast((one) => one.at <= cursor && cursor <= one.end) ?? otherwise;
  let part = around(splitBlanks(text), new Word("", cursor));
  if (part.text.startsWith("-") && cursor > part.at) part = part.from(1);
  const before = part.text.slice(0, cursor - part.at);
  const name = splitField(new Word(before, part.at))?.name;
  const rest = name === undefined ? null : splitField(part)!.rest;
  if (name === undefined || !rest) return told(at, part, beginning(fields.map((field) => field.name + ":"), before.toLowerCase()));
  part = around(splitValues(rest), part);
  return told(at, part, values(name, unquote(part.text.slice(0, cursor - part.at)).toLowerCase(), words));
}

const told = (at: number, part: Word, options: string[]): Completion => ({ at, from: part.at, to: part.end, options: options.slice(0, most) });

const beginning = (all: readonly string[], before: string): string[] => all.filter((one) => one.startsWith(before));

/** Values that begin with a text, then those that contain it. */
function values(name: string, before: string, words: (field: string) => Iterable<string>): string[] {
  const field = fieldNamed(name);
  if (!field) return [];
  if (field.offers) return beginning(field.offers, before);
  const count = new Map<string, number>();
  for (const word of words(field.name)) {
    const s = field.name === "node" ? nodeName(word) : word;
    if (s !== "" && s.toLowerCase().includes(before)) count.set(s, (count.get(s) ?? 0) + 1);
  }
  return first(count, before).map(quote);
}

/** The first of the words, those that begin so before others, then the frequent. There may be thousands, so that not all are sorted. */
function first(count: ReadonlyMap<string, number>, before: string): string[] {
  const best: { word: string; n: number; begins: boolean }[] = [];
  for (const [word, n] of count) {
    const one = { word, n, begins: word.toLowerCase().startsWith(before) };
    if (best.length === most && !comesBefore(one, best[most - 1]!)) continue;
    const at = best.findIndex((other) => comesBefore(one, other));
    best.splice(at < 0 ? best.length : at, 0, one);
    best.length = Math.min(best.length, most);
  }
  return best.map(({ word }) => word);
}

function comesBefore(a: { word: string; n: number; begins: boolean }, b: typeof a): boolean {
  if (a.begins !== b.begins) return a.begins;
  return a.n !== b.n ? a.n > b.n : a.word < b.word;
}
