// One stream for all tabs of a browser. A tab first joins, then takes the state, so that no change falls between both: what it hears
// meanwhile it applies afterwards. Of several tabs that come while there is no stream one goes first and says from where it runs.

import type { Told } from "./stream";

/** A tab to the hub. */
export type Ask = { ask: "join" } | { ask: "start"; revision: string } | { ask: "failed" } | { ask: "leave" };
/** The hub to a tab: take the state now, as the first while there is no stream or after one runs already; or what the stream told. */
export type Say = { event: "take"; first: boolean } | Told;

export interface Port {
  say: (say: Say) => void;
}
interface Running {
  stop: () => void;
}

/** Milliseconds after which a tab that went first and says nothing is passed over. */
const patience = 15_000;

export class Hub {
  private readonly ports = new Set<Port>();
  private waiting: Port[] = [];
  private first: Port | null = null;
  private stream: Running | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly open: (since: string, tell: (told: Told) => void) => Running) {}

  ask(port: Port, ask: Ask): void {
    switch (ask.ask) {
      case "join":
        this.ports.add(port);
        if (this.stream) port.say({ event: "take", first: false });
        else this.queue(port);
        return;
      case "start":
        if (!this.stream) this.start(ask.revision);
        return;
      case "failed":
        if (port === this.first) this.next();
        return;
      case "leave":
        this.leave(port);
    }
  }

  private queue(port: Port): void {
    this.waiting = [...this.waiting.filter((one) => one !== port), port];
    if (!this.first || this.first === port) this.next();
  }

  private next(): void {
    clearTimeout(this.timer);
    this.first = this.waiting.shift() ?? null;
    if (!this.first) return;
    this.timer = setTimeout(() => this.next(), patience);
    this.first.say({ event: "take", first: true });
  }

  private start(revision: string): void {
    clearTimeout(this.timer);
    this.first = null;
    this.stream = this.open(revision, (told) => this.tell(told));
    for (const port of this.waiting.splice(0)) port.say({ event: "take", first: false });
  }

  private tell(told: Told): void {
    if (told.event === "reset" || told.event === "out") this.stream = null;
    for (const port of [...this.ports]) port.say(told);
  }

  private leave(port: Port): void {
    this.ports.delete(port);
    this.waiting = this.waiting.filter((one) => one !== port);
    if (port === this.first) this.next();
    if (this.ports.size > 0) return;
    this.stream?.stop();
    this.stream = null;
  }
}
