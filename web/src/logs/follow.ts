// One followed stream of the server: lines as they come, gently tried again when it breaks.
import { signedOut } from "../session";
import { EventParser, type ServerEvent } from "./sse";

export interface Following {
  stop(): void;
}

export interface Handlers {
  event(e: ServerEvent): void;
  /** What the stream is now: "open", "waiting" (for the next try, with why), "ended" (with why) or "refused". */
  state(state: StreamState): void;
}

export interface StreamState {
  is: "connecting" | "open" | "waiting" | "ended" | "refused";
  why: string;
  next?: string;
  status?: number;
}

/** Reads the stream at url until stopped, or until the server says `end` or refuses. Breaks are tried again after 1, 2, 4 … 15 s; url is asked for each try, with the id of the last event. */
export function follow(url: (last: string) => string, handlers: Handlers, fetcher: typeof fetch = fetch): Following {
  const stop = new AbortController();
  void run(url, handlers, fetcher, stop.signal);
  return { stop: () => stop.abort() };
}

async function run(url: (last: string) => string, handlers: Handlers, fetcher: typeof fetch, signal: AbortSignal) {
  let last = "";
  for (let tries = 0; !signal.aborted; tries++) {
    if (tries === 0) handlers.state({ is: "connecting", why: "" });
    const outcome = await once(url(last), handlers, fetcher, signal, (e) => {
      tries = 0;
      if (e.id !== "") last = e.id;
    });
    if (signal.aborted || outcome.is === "ended" || outcome.is === "refused") {
      if (!signal.aborted) handlers.state(outcome);
      return;
    }
    handlers.state(outcome);
    await pause(Math.min(15_000, 1000 * 2 ** tries), signal);
  }
}

async function once(url: string, handlers: Handlers, fetcher: typeof fetch, signal: AbortSignal, got: (e: ServerEvent) => void): Promise<StreamState> {
  try {
    const response = await fetcher(url, { signal, headers: { Accept: "text/event-stream" }, credentials: "same-origin" });
    if (!response.ok || !response.body) return await refusal(response);
    handlers.state({ is: "open", why: "" });
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { is: "waiting", why: "the stream broke off" };
      for (const e of parser.feed(value)) {
        got(e);
        if (e.event === "end") return { is: "ended", why: whyOf(e.data) };
        handlers.event(e);
      }
    }
  } catch {
    return { is: "waiting", why: "the server can't be reached" };
  }
}

async function refusal(response: Response): Promise<StreamState> {
  const body = (await response.json().catch(() => ({}))) as { error?: { message?: string; next?: string } };
  const why = body.error?.message ?? `the server answered ${response.status}`;
  if (response.status === 401) signedOut(why);
  if (response.status >= 500 || response.status === 429 || response.status === 401) return { is: "waiting", why };
  return { is: "refused", why, next: body.error?.next ?? "", status: response.status };
}

function whyOf(data: string): string {
  try {
    const { why } = JSON.parse(data) as { why?: unknown };
    return typeof why === "string" ? why : "";
  } catch {
    return "";
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}
