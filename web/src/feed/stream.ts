// One event stream to the server: read, resumed after a break, watched for silence. It runs in the shared worker or, without one, in the page.

import { EventParser, type ServerEvent } from "../logs/sse";

/** What a stream tells: the server's events, and what became of the stream itself. */
export type Told =
  | { event: "delta" | "beat" | "stale" | "fresh" | "reset" | "out"; data: unknown }
  | { event: "open" }
  | { event: "lost"; data: { why: string } };

const events = new Set(["delta", "beat", "stale", "fresh", "reset", "out"]);
/** Milliseconds without a word after which a stream is taken for dead; the server beats every 15 s. */
const silence = 40_000;
const waits = [300, 1000, 2000, 4000, 8000, 15_000];

export class Stream {
  private stopped = new AbortController();

  constructor(
    private since: string,
    private readonly tell: (told: Told) => void,
  ) {
    void this.run();
  }

  stop(): void {
    this.stopped.abort();
  }

  private async run(): Promise<void> {
    for (let tries = 0; !this.stopped.signal.aborted; tries++) {
      let heard = false;
      const why = await this.once(() => {
        if (!heard) this.tell({ event: "open" });
        heard = true;
      });
      if (this.stopped.signal.aborted) return;
      if (heard) tries = 0;
      this.tell({ event: "lost", data: { why } });
      const wait = waits[Math.min(tries, waits.length - 1)]!;
      await new Promise((done) => setTimeout(done, wait * (0.7 + 0.6 * Math.random())));
    }
  }

  /** Reads one connection to its end and says why that came. */
  private async once(open: () => void): Promise<string> {
    const ended = new AbortController();
    const end = (): void => ended.abort();
    this.stopped.signal.addEventListener("abort", end);
    let quiet = setTimeout(end, silence);
    try {
      const response = await fetch(`/api/v1/stream?since=${encodeURIComponent(this.since)}`, { signal: ended.signal, credentials: "same-origin", cache: "no-store" });
      if (response.status === 401) {
        this.finish({ event: "out", data: { why: "" } });
        return "";
      }
      if (!response.ok || !response.body) return `the server answers ${response.status}`;
      open();
      const parser = new EventParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return "the connection has ended";
        clearTimeout(quiet);
        quiet = setTimeout(end, silence);
        for (const event of parser.feed(value)) this.take(event);
        if (this.stopped.signal.aborted) return "";
      }
    } catch {
      return "Fairlead does not answer";
    } finally {
      clearTimeout(quiet);
      this.stopped.signal.removeEventListener("abort", end);
      end();
    }
  }

  private take(event: ServerEvent): void {
    if (!events.has(event.event) || this.stopped.signal.aborted) return;
    let data: unknown;
    try {
      data = JSON.parse(event.data);
    } catch {
      this.finish({ event: "reset", data: { why: "a change could not be read" } });
      return;
    }
    const told = { event: event.event, data } as Told;
    if (told.event === "reset" || told.event === "out") this.finish(told);
    else {
      if (event.id) this.since = event.id;
      this.tell(told);
    }
  }

  private finish(told: Told): void {
    this.stop();
    this.tell(told);
  }
}
