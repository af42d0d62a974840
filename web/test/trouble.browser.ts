// Bad input and bad days: hostile names, a cut stream, a session that ends, a server that has old data, a clock that is off.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { AnyRow } from "../src/api";
import { hostile } from "../dev/world.ts";
import { context, launch, open, serve, type Served } from "./page.ts";

let browser: Browser;
beforeAll(async () => void (browser = await launch()));
afterAll(() => browser.close());

async function served(options: Parameters<typeof serve>[0], then: (served: Served) => Promise<void>): Promise<void> {
  const one = await serve(options);
  try {
    await then(one);
  } finally {
    await one.stop();
  }
}

test("names with markup, other directions and 10,000 characters are text, in every lens", async () => {
  const world = hostile();
  await served({ world }, async ({ address }) => {
    const within = await context(browser);
    for (const lens of ["map", "workload", "changes", "drift", "practices", "images", "sources"])
      for (const row of world.workloads.slice(0, 11)) {
        if (lens !== "workload" && row !== world.workloads[0] && row !== world.workloads[3]) continue;
        const { page, errors } = await open(within, `${address}/?lens=${lens}&sel=${encodeURIComponent(row.id.slice(0, 3000))}`);
        await page.waitForTimeout(80);
        expect.soft(await page.evaluate(() => (globalThis as { hacked?: number }).hacked), lens).toBeUndefined();
        expect.soft(await page.locator("#page img, #page script, #page svg[onload], a[href^='javascript' i]").count(), lens).toBe(0);
        expect.soft(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${lens} ${row.name.slice(0, 20)}: wider than the window`).toBeLessThanOrEqual(0);
        expect.soft(errors, lens).toEqual([]);
        await page.close();
      }
    const { page } = await open(within, `${address}/?view=table`);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("img");
    await page.waitForTimeout(100);
    expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
    await within.close();
  });
});

test("a stream that is cut in the middle of an event goes on, and misses nothing", () =>
  served({ workloads: 40 }, async ({ api, address }) => {
    const within = await context(browser);
    const { page, errors } = await open(within, address);
    await page.waitForSelector(".live.ok");
    api.cut();
    api.change("workloads", [], [api.world.workloads[0]!.id]);
    await expect.poll(() => page.textContent(".count"), { timeout: 8000 }).toBe("39");
    expect(await page.locator(".banner").count()).toBe(0);
    expect(errors.filter((error) => !error.includes("net::ERR"))).toEqual([]);
    await within.close();
  }));

test("two tabs share one stream, and both see a change", () =>
  served({ workloads: 40 }, async ({ api, address }) => {
    const within = await context(browser);
    let streams = 0;
    within.on("request", (request) => void (request.url().includes("/stream") && streams++));
    const [a, b] = [await open(within, address), await open(within, address)];
    await a.page.waitForSelector(".live.ok");
    await b.page.waitForSelector(".live.ok");
    api.change("workloads", [], [api.world.workloads[0]!.id]);
    await expect.poll(() => Promise.all([a.page.textContent(".count"), b.page.textContent(".count")])).toEqual(["39", "39"]);
    expect(streams).toBeLessThanOrEqual(1);
    await within.close();
  }));

test.each(["a browser without shared workers", "a shared worker that does not start"])("%s: each tab has a stream", (what) =>
  served({ workloads: 40 }, async ({ api, address }) => {
    const within = await context(browser);
    if (what.startsWith("a browser")) await within.addInitScript(() => Reflect.deleteProperty(globalThis, "SharedWorker"));
    else await within.addInitScript(() => Object.assign(globalThis, { SharedWorker: class extends SharedWorker { constructor(url: URL, options: WorkerOptions) { super(`${url.href}-gone.js`, options); } } }));
    const { page } = await open(within, address);
    await page.waitForSelector(".live.ok");
    api.change("workloads", [], [api.world.workloads[0]!.id]);
    await expect.poll(() => page.textContent(".count")).toBe("39");
    await within.close();
  }));

test("after a reset the state is taken anew", () =>
  served({ workloads: 40 }, async ({ api, address }) => {
    const within = await context(browser);
    const { page } = await open(within, address);
    await page.waitForSelector(".live.ok");
    api.world.workloads.pop();
    api.tell("reset", { why: "too slow" });
    await expect.poll(() => page.textContent(".count")).toBe("39");
    await within.close();
  }));

test("old data says since when and why, and the note goes when it is fresh again", () =>
  served({ workloads: 40 }, async ({ api, address }) => {
    const within = await context(browser);
    const { page } = await open(within, address);
    await page.waitForSelector(".live.ok");
    api.tell("stale", { since: Date.now() / 1000 - 630, why: "the API server does not answer: connection refused" });
    await expect.poll(() => page.textContent(".banner")).toMatch(/known at .*10 min ago.*connection refused/);
    api.tell("fresh", {});
    await expect.poll(() => page.locator(".banner").count()).toBe(0);
    await within.close();
  }));

test("a session that ends keeps what was typed, and goes on after a sign-in", () =>
  served({ workloads: 40 }, async ({ api, address }) => {
    const within = await context(browser);
    const { page } = await open(within, address);
    await page.waitForSelector(".live.ok");
    await page.fill("#query", "ns:payments ledger");
    api.session(false);
    await page.waitForSelector("dialog.sign-in");
    await page.fill("#token", "wrong");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.textContent("dialog.sign-in [role=alert]")).toContain("does not know this token: make one with");
    await page.fill("#token", "right");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("dialog.sign-in").count()).toBe(0);
    expect(await page.inputValue("#query")).toBe("ns:payments ledger");
    api.change("workloads", [], api.world.workloads.map((one) => one.id));
    await expect.poll(() => page.textContent(".count")).toBe("0");
    await within.close();
  }));

test("nobody is signed in at first: the page asks, and shows the place that was asked for", () =>
  served({ workloads: 40 }, async ({ api, address }) => {
    api.session(false);
    const within = await context(browser);
    const { page } = await open(within, `${address}/?lens=drift&q=is:bad`);
    expect(await page.locator("main").textContent()).toBe("");
    await page.fill("#token", "right");
    await page.keyboard.press("Enter");
    await page.waitForSelector("h1");
    expect(new URL(page.url()).search).toBe("?lens=drift&q=is:bad");
    await within.close();
  }));

test("a server whose clock is an hour ahead: ages are by its clock", () =>
  served({ workloads: 40 }, async ({ api, address }) => {
    api.skew = 3600;
    const first = api.world.workloads[0]!;
    api.change("workloads", [{ ...first, changed: Math.floor(Date.now() / 1000) + 3600 - 300 } as AnyRow]);
    const within = await context(browser);
    const { page } = await open(within, `${address}/?q=changed:<6m+ns:${first.namespace}+name:${first.name}&sel=${encodeURIComponent(first.id)}`);
    await expect.poll(() => page.textContent(".count")).toContain("1 of 40");
    expect(await page.textContent("aside")).toContain("5 min ago");
    await within.close();
  }));
