/** A part of a query and where it begins. */
export class Word {
  constructor(
    readonly text: string,
    readonly at: number,
    /** Where a quote begins that nobody closes, -1 for none. */
    readonly open = -1,
  ) {}
  get end(): number {
    return this.at + this.text.length;
  }
  from(n: number): Word {
    return new Word(this.text.slice(n), this.at + n, this.open);
  }
}

/** Words between blanks that are outside of quotes. */
export const splitBlanks = (text: string): Word[] => split(new Word(text, 0), " \t\n\r", false);

/** Values between commas that are outside of quotes; none is a value, too: an empty one. */
export const splitValues = (word: Word): Word[] => split(word, ",", true);

function split(word: Word, separators: string, keepEmpty: boolean): Word[] {
  const out: Word[] = [];
  let begin = 0;
  let open = -1;
  const add = (end: number): void => {
    if (end > begin || keepEmpty) out.push(new Word(word.text.slice(begin, end), word.at + begin, open < 0 ? -1 : word.at + open));
  };
  for (let i = 0; i < word.text.length; i++) {
    const c = word.text[i]!;
    if (c === '"') open = open < 0 ? i : -1;
    else if (open < 0 && separators.includes(c)) {
      add(i);
      begin = i + 1;
    }
  }
  add(word.text.length);
  return out;
}

/** The field and what follows its colon; null for a bare word: one without a colon, or that begins with a quote. */
export function splitField(word: Word): { name: string; rest: Word } | null {
  const i = word.text.search(/[:"]/);
  if (i < 0 || word.text[i] === '"') return null;
  return { name: word.text.slice(0, i), rest: word.from(i + 1) };
}

export const unquote = (text: string): string => text.replaceAll('"', "");

/** A value as it stands in a query. */
export const quote = (text: string): string => (text === "" || /[ \t\n\r,]/.test(text) ? `"${unquote(text)}"` : text);
