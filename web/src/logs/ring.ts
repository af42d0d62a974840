// The lines of a log that are kept: the newest, at most so many, and how many were let go.

export interface LogLine {
  id: number; // 1, 2, 3 … in the order of arrival
  pod: string;
  container: string;
  time: string; // RFC 3339, or ""
  text: string;
  note?: boolean; // said by Fairlead, and not by the container
}

/** Ring keeps the newest lines. Texts are cut, so that a line of a megabyte costs no more than others. */
export class Ring {
  private kept: LogLine[] = [];
  private start = 0;
  private next = 1;

  constructor(
    private readonly size: number,
    private readonly longest = 4000,
  ) {}

  /** Lines that have come in all. */
  get seen(): number {
    return this.next - 1;
  }

  /** Lines that were let go to keep within the size. */
  get dropped(): number {
    return this.seen - this.kept.length;
  }

  add(line: Omit<LogLine, "id">): void {
    const text = line.text.length > this.longest ? `${line.text.slice(0, this.longest)}… (${line.text.length} characters)` : line.text;
    const kept = { ...line, text, id: this.next++ };
    if (this.kept.length < this.size) this.kept.push(kept);
    else {
      this.kept[this.start] = kept;
      this.start = (this.start + 1) % this.size;
    }
  }

  /** The kept lines that hold, oldest first; at most the newest most of them. */
  lines(holds: (line: LogLine) => boolean, most: number): LogLine[] {
    const found: LogLine[] = [];
    for (let i = this.kept.length - 1; i >= 0 && found.length < most; i--) {
      const line = this.kept[(this.start + i) % this.kept.length]!;
      if (holds(line)) found.push(line);
    }
    return found.reverse();
  }

  clear(): void {
    this.kept = [];
    this.start = 0;
  }
}

/** A filter that people type: words must all be there, -word must not; letters' case is the same unless one is a capital. */
export function textFilter(typed: string): (text: string) => boolean {
  const words = typed.split(/\s+/).filter((w) => w !== "" && w !== "-");
  const tests = words.map((word) => {
    const not = word.startsWith("-");
    const what = not ? word.slice(1) : word;
    const exact = /\p{Lu}/u.test(what);
    return (text: string) => (exact ? text : text.toLowerCase()).includes(what) !== not;
  });
  return (text) => tests.every((t) => t(text));
}

/** The text in pieces: control sequences of terminals are left out. */
export function plain(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*\u0007|[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
}

/** How bad a line says it is, by the words that loggers use; "" if it doesn't say. */
export function severity(text: string): "error" | "warning" | "" {
  const head = text.slice(0, 200);
  if (/\b(ERROR|FATAL|PANIC|CRITICAL|error|fatal|panic)\b|"level":\s*"(error|fatal)"|^[EF]\d{4} /.test(head)) return "error";
  if (/\b(WARN|WARNING|warn|warning)\b|^W\d{4} /.test(head)) return "warning";
  return "";
}
