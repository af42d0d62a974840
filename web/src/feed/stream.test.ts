import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Stream, type Told } from "./stream";

/** A server whose answers are given one by one. */
const asked: { since: string; say: (text: string) => void; end: () => void; fail: () => void }[] = [];
let answer: { status: number } = { status: 200 };

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  answer = { status: 200 };
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    let control!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (given) => void (control = given) });
    init.signal!.addEventListener("abort", () => control.error(new Error("aborted")));
    asked.push({
      since: new URL(url, "http://localhost").searchParams.get("since")!,
      say: (text) => control.enqueue(new TextEncoder().encode(text)),
      end: () => control.close(),
      fail: () => control.error(new Error("cut")),
    });
    return Promise.resolve(new Response(answer.status === 200 ? body : null, { status: answer.status }));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function listen(): { told: Told[]; stream: Stream } {
  const told: Told[] = [];
  return { told, stream: new Stream("r1", (one) => told.push(one)) };
}
const kinds = (told: readonly Told[]): string[] => told.map((one) => one.event);

test("a stream that is cut inside an event is resumed after the last whole one", async () => {
  const { told, stream } = listen();
  await vi.advanceTimersByTimeAsync(0);
  asked[0]!.say('id: r2\nevent: delta\ndata: {"revision":"r2"}\n\nid: r3\nevent: delta\ndata: {"rev');
  await vi.advanceTimersByTimeAsync(0);
  asked[0]!.fail();
  await vi.advanceTimersByTimeAsync(2000);
  expect(kinds(told)).toEqual(["open", "delta", "lost", "open"]);
  expect(asked.map((one) => one.since)).toEqual(["r1", "r2"]);
  stream.stop();
});

test("silence is taken for a break", async () => {
  const { told, stream } = listen();
  await vi.advanceTimersByTimeAsync(39_000);
  expect(kinds(told)).toEqual(["open"]);
  await vi.advanceTimersByTimeAsync(3000);
  expect(kinds(told)).toEqual(["open", "lost", "open"]);
  stream.stop();
});

test("a change that can't be read asks for the whole state", async () => {
  const { told } = listen();
  await vi.advanceTimersByTimeAsync(0);
  asked[0]!.say("event: delta\ndata: {nonsense\n\n");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(kinds(told)).toEqual(["open", "reset"]);
  expect(asked.length).toBe(1);
});

test("an ended session ends the stream, told or answered", async () => {
  const first = listen();
  await vi.advanceTimersByTimeAsync(0);
  asked[0]!.say('event: out\ndata: {"why":"over"}\n\n');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(kinds(first.told)).toEqual(["open", "out"]);
  answer = { status: 401 };
  const second = listen();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(kinds(second.told)).toEqual(["out"]);
  expect(asked.length).toBe(2);
});

test("a server that does not answer is asked again, less and less often", async () => {
  answer = { status: 503 };
  const { told, stream } = listen();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(new Set(kinds(told))).toEqual(new Set(["lost"]));
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.length).toBeLessThan(13);
  stream.stop();
});
