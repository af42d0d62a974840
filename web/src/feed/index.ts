// Brings the state and its changes to the store, and says how live it is.

import { effect } from "@preact/signals";

import type { Delta, Stale, State } from "../api";
import { get, Failure } from "../request";
import { out, signedOut } from "../session";
import { about, apply, heardTime, live, load, now, tick } from "../store";
import { Hub, type Ask, type Say } from "./hub";
import { Stream } from "./stream";

let ask: (ask: Ask) => void = () => undefined;
/** Changes that came while the state was on its way; null when it is here. */
let held: Delta[] | null = null;
let stale: Stale | null = null;
let lost: { since: number; why: string; timer?: ReturnType<typeof setTimeout> } | null = null;
let heard = now();
let retry: ReturnType<typeof setTimeout> | undefined;
let tries = 0;

/** The state as it was asked for before anything else; only while there is no stream yet nothing can have been missed since. */
let early: Promise<State> | null = null;

export function startFeed(): void {
  early = get<State>("state");
  early.catch(() => undefined); // told when it is taken
  ask = connect((say) => hear(say));
  ask({ ask: "join" });
  addEventListener("pagehide", () => ask({ ask: "leave" }));
  addEventListener("pageshow", (event) => event.persisted && ask({ ask: "join" }));
  setInterval(tick, 10_000);
  let was = out.value;
  effect(() => {
    if (was && !out.value) rejoin();
    was = out.value;
  });
  // Somebody may have signed in in another tab.
  addEventListener("focus", () => void (out.value && get("me").then(() => (out.value = null), () => undefined)));
}

/** Asks again at once, for the button of the banner. */
export function rejoin(): void {
  clearTimeout(retry);
  ask({ ask: "join" });
}

/** What the shared worker says first. */
export interface Here {
  event: "here";
}

/** Milliseconds in which it has to. */
const patience = 3000;

/** The hub in the shared worker; where there can be none, or it does not start, one of this page's own. */
function connect(hear: (say: Say) => void): (ask: Ask) => void {
  const alone = (): ((ask: Ask) => void) => {
    const hub = new Hub((since, tell) => new Stream(since, tell));
    const port = { say: hear };
    return (ask) => hub.ask(port, ask);
  };
  if (typeof SharedWorker === "undefined") return alone();
  const worker = new SharedWorker(new URL("./shared.worker.ts", import.meta.url), { type: "module", name: "fairlead" });
  let to = (ask: Ask): void => worker.port.postMessage(ask);
  const giveUp = (): void => {
    clearTimeout(silence);
    worker.port.close();
    worker.onerror = null;
    to = alone();
    to({ ask: "join" });
  };
  const silence = setTimeout(giveUp, patience); // not every browser tells of a worker that can't be loaded
  worker.port.onmessage = (message: MessageEvent<Say | Here>) => {
    clearTimeout(silence);
    if (message.data.event !== "here") hear(message.data);
  };
  worker.onerror = giveUp;
  return (ask) => to(ask);
}

function hear(say: Say): void {
  if (say.event !== "lost") heard = now();
  switch (say.event) {
    case "take":
      return void take(say.first);
    case "delta":
      if (held) held.push(say.data as Delta);
      else apply(say.data as Delta);
      return;
    case "beat":
      return heardTime((say.data as { time: number }).time);
    case "stale":
      stale = say.data as Stale;
      return show();
    case "fresh":
      stale = null;
      return show();
    case "reset":
      return rejoin();
    case "out":
      return signedOut((say.data as { why: string }).why);
    case "lost":
      return lose(say.data.why);
    case "open":
      return opened();
  }
}

/** Takes the whole state, then what came since it was asked for. */
async function take(first: boolean): Promise<void> {
  held = [];
  try {
    const state = await ((first && early) || get<State>("state"));
    early = null;
    load(state);
    stale = state.stale ?? null;
    const later = held;
    held = null;
    later.forEach(apply);
    tries = 0;
    found();
    ask({ ask: "start", revision: state.revision });
  } catch (error) {
    early = null;
    ask({ ask: "failed" });
    if (error instanceof Failure && error.status === 401) return;
    lose(error instanceof Failure ? error.message : "the state could not be read: " + String(error));
    clearTimeout(retry);
    retry = setTimeout(rejoin, Math.min(15_000, 1000 * 2 ** tries++));
  }
}

/** The stream runs again: after a break it goes on where it stopped, except when nobody knows how fresh the server is, or who is signed in. */
function opened(): void {
  const anew = out.value !== null || (lost && stale);
  out.value = null;
  if (anew) rejoin();
  else if (!held) found();
}

/** A short break is not told: the stream is back before anybody has read that. */
function lose(why: string): void {
  if (lost) {
    lost.why = why;
    return;
  }
  lost = { since: heard, why, timer: setTimeout(show, about.value ? 2500 : 0) };
}

function found(): void {
  clearTimeout(lost?.timer);
  lost = null;
  show();
}

function show(): void {
  if (lost) live.value = { is: "lost", since: about.value ? lost.since : 0, why: lost.why };
  else if (stale) live.value = { is: "stale", since: stale.since, why: stale.why };
  else live.value = { is: "live" };
}
