// The built page with a made-up cluster behind it, in Chromium. The answers have the headers that the server sets.

import { createReadStream, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

import { recorded, type Options, type Recorded } from "../dev/server.ts";

const dist = new URL("../dist/", import.meta.url).pathname;
export const out = new URL("./out/", import.meta.url).pathname;
export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const types: Record<string, string> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };

export interface Served {
  api: Recorded;
  address: string;
  stop: () => Promise<void>;
}

export async function serve(options: Options): Promise<Served> {
  if (!existsSync(join(dist, "index.html"))) throw new Error("there is no built page: npm run build");
  const api = recorded(options);
  const server: Server = createServer((request, response) => {
    response.setHeader("content-security-policy", policy);
    response.setHeader("x-content-type-options", "nosniff");
    if (api.answer(request, response)) return;
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = join(dist, path === "/" ? "index.html" : path);
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    api,
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((done) => {
        api.stop();
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

export const launch = (args: string[] = []): Promise<Browser> => chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox", ...args] });

export const wide = { width: 1360, height: 760 };
export const narrow = { width: 390, height: 844 };

export interface Look {
  scheme?: "light" | "dark";
  size?: { width: number; height: number };
}

/** A fresh browser context: no kept theme, no cookies, a shared worker of its own. */
export function context(browser: Browser, look: Look = {}): Promise<BrowserContext> {
  return browser.newContext({ viewport: look.size ?? wide, colorScheme: look.scheme ?? "light", deviceScaleFactor: look.size === narrow ? 2 : 1, reducedMotion: "reduce" });
}

/** Opens an address; what the page logs as an error, and what its policy refuses, is collected. */
export async function open(within: BrowserContext, address: string): Promise<{ page: Page; errors: string[] }> {
  const page = await within.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of (401|404|409|400)/.test(message.text())) errors.push(message.text());
  });
  await page.goto(address);
  await page.waitForSelector("h1, dialog.sign-in, .empty");
  return { page, errors };
}
