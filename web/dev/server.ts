// The server's API over a made-up cluster, for work on the page and for its tests. It knows the routes of the page and changes its rows when told.

import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

import type { AnyRow, TableName } from "../src/api";
import { answerAction } from "./actions.ts";
import { detail } from "./details.ts";
import { columnar, world, type World } from "./world.ts";

export interface Options {
  workloads?: number;
  world?: World;
  /** Changes a random workload so many times a second. */
  changes?: number;
}

export interface Recorded {
  world: World;
  revision: () => string;
  /** Handles requests under /api/v1; false for others. */
  answer: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Sets rows and removes ids, and tells all streams. */
  change: (table: TableName, set: AnyRow[], gone?: string[]) => void;
  /** Sends an event as it is to all streams: stale, fresh, reset, out. */
  tell: (event: string, data: unknown) => void;
  /** Cuts all streams in the middle of an event. */
  cut: () => void;
  /** Ends and begins sessions: without one everything answers 401. */
  session: (open: boolean) => void;
  /** Seconds that the server's clock is ahead. */
  skew: number;
  stop: () => void;
}

export function recorded(options: Options): Recorded {
  const all = options.world ?? world({ workloads: options.workloads ?? 160 });
  const streams = new Set<ServerResponse>();
  const log: { revision: number; text: string }[] = [];
  let revision = 1;
  let signedIn = true;
  let snapshot: { revision: number; gzip: Buffer } | null = null;

  const name = (n: number): string => `dev-${n}`;
  const now = (): number => Math.floor(Date.now() / 1000) + self.skew;
  const self: Recorded = {
    world: all,
    skew: 0,
    revision: () => name(revision),
    answer,
    change(table, set, gone = []) {
      const rows = all[table] as AnyRow[];
      for (const row of set) {
        const at = rows.findIndex((one) => one.id === row.id);
        if (at < 0) rows.push(row);
        else rows[at] = row;
      }
      (all as Record<string, AnyRow[]>)[table] = rows.filter((row) => !gone.includes(row.id));
      revision++;
      const data = { revision: name(revision), time: now(), tables: { [table]: { set, gone } } };
      const text = `id: ${name(revision)}\nevent: delta\ndata: ${JSON.stringify(data)}\n\n`;
      log.push({ revision, text });
      if (log.length > 1000) log.shift();
      for (const stream of streams) stream.write(text);
    },
    tell(event, data) {
      if (event === "reset") snapshot = null;
      for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    cut() {
      for (const stream of streams) stream.write('event: delta\ndata: {"revision":"dev-9', () => stream.destroy());
    },
    session(open) {
      signedIn = open;
      if (!open) self.tell("out", { why: "the session has ended" });
    },
    stop() {
      clearInterval(beat);
      clearInterval(churn);
      for (const stream of streams) stream.destroy();
    },
  };
  const beat = setInterval(() => self.tell("beat", { time: now() }), 15_000);
  let turn = 0;
  const churn = options.changes
    ? setInterval(() => {
        const row = all.workloads[(turn++ * 37) % all.workloads.length]!;
        const ready = turn % 2 ? row.desired : Math.max(0, row.desired - 1);
        self.change("workloads", [{ ...row, ready } as AnyRow]);
      }, 1000 / options.changes)
    : undefined;
  return self;

  function answer(request: IncomingMessage, response: ServerResponse): boolean {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (!url.pathname.startsWith("/api/v1/")) return false;
    const path = url.pathname.slice("/api/v1/".length);
    if (path === "sign-in") return json(response, 200, { ways: ["token", "oidc"] });
    if (path === "sign-in/token") return body(request, response, signIn);
    if (path === "sign-out") {
      signedIn = false;
      return json(response, 200, {});
    }
    if (!signedIn) return json(response, 401, { error: { message: "nobody is signed in", next: "sign in" } });
    if (path === "me") return json(response, 200, { name: "ops-lead", via: "token" });
    if (path === "state") return state(response);
    if (path === "stream") return stream(url, request, response);
    if (path.startsWith("actions/")) return body(request, response, (sent) => answerAction(self, path.slice("actions/".length), sent, now()));
    const found = detail(all, path, url.searchParams, now());
    if (found && "lines" in found) return lines(response, found.lines);
    return found ? json(response, 200, found) : json(response, 404, { error: { message: `there is no ${path}`, next: "it may have been removed: look at the map" } });
  }

  function signIn(sent: Record<string, unknown>): [number, unknown] {
    if (sent["token"] !== "right") return [401, { error: { message: "the API server does not know this token", next: "make one with: kubectl create token NAME" } }];
    signedIn = true;
    return [200, { name: "ops-lead" }];
  }

  function state(response: ServerResponse): boolean {
    if (snapshot?.revision !== revision) {
      const tables = Object.fromEntries(Object.entries(all).map(([table, rows]) => [table, columnar(rows as AnyRow[])]));
      const value = { revision: name(revision), time: now(), cluster: "prod-eu", person: { name: "ops-lead", via: "token" }, version: "0.1.0", unseen: [], tables };
      snapshot = { revision, gzip: gzipSync(JSON.stringify(value), { level: 5 }) };
    }
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip", "cache-control": "no-cache" });
    response.end(snapshot.gzip);
    return true;
  }

  function stream(url: URL, request: IncomingMessage, response: ServerResponse): boolean {
    const since = Number((request.headers["last-event-id"] ?? url.searchParams.get("since") ?? "").toString().replace("dev-", ""));
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.flushHeaders();
    if (!(since <= revision) || (since < revision && since + 1 < (log[0]?.revision ?? Infinity))) {
      response.end(`event: reset\ndata: {"why":"the revision is too old"}\n\n`);
      return true;
    }
    for (const one of log) if (one.revision > since) response.write(one.text);
    response.write(`event: beat\ndata: {"time":${now()}}\n\n`);
    streams.add(response);
    response.on("close", () => streams.delete(response));
    return true;
  }
}

function lines(response: ServerResponse, all: { event: string; data: unknown }[]): boolean {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const line of all) response.write(`event: ${line.event}\ndata: ${JSON.stringify(line.data)}\n\n`);
  response.end();
  return true;
}

function json(response: ServerResponse, status: number, value: unknown): boolean {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
  return true;
}

function body(request: IncomingMessage, response: ServerResponse, then: (sent: Record<string, unknown>) => [number, unknown]): boolean {
  let text = "";
  request.on("data", (piece: Buffer) => (text += piece.toString()));
  request.on("end", () => json(response, ...then(JSON.parse(text || "{}") as Record<string, unknown>)));
  return true;
}
