// Pictures of every lens, to be looked at: `SHOTS=map,drift npm run browser -- shots`, or SHOTS=all.

import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { context, launch, narrow, open, out, serve, wide, type Served } from "./page.ts";

let served: Served;
let browser: Browser;
const isAsked = process.env["SHOTS"] !== undefined;
beforeAll(async () => {
  if (!isAsked) return;
  mkdirSync(out, { recursive: true });
  served = await serve({ workloads: Number(process.env["FAIRLEAD_WORKLOADS"] ?? 160) });
  browser = await launch();
});
afterAll(async () => {
  if (!isAsked) return;
  await browser.close();
  await served.stop();
});

const drifted = (): string => encodeURIComponent(served.api.world.drift[0]!.object);
const views: Record<string, () => string> = {
  map: () => `/?sel=${drifted()}`,
  table: () => `/?view=table&sel=${drifted()}`,
  query: () => "/?q=ns:payments,checkout,web+-kind:CronJob",
  nodes: () => "/?group=node&colour=health",
  score: () => "/?colour=score",
  changed: () => "/?colour=changed&group=source",
  workload: () => `/?lens=workload&sel=${drifted()}`,
  changes: () => "/?lens=changes",
  drift: () => "/?lens=drift",
  practices: () => "/?lens=practices",
  images: () => "/?lens=images",
  sources: () => "/?lens=sources",
};
/** Views that a person has to do something for. */
const doing: Record<string, (page: Page) => Promise<unknown>> = {
  palette: async (page) => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("led");
  },
  complete: async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type("-kind:Job ns:p");
    await page.keyboard.press("ArrowDown");
  },
  wrong: async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type("ns:shop nmae:x ");
  },
  help: (page) => page.keyboard.press("?"),
  menu: (page) => page.click(".me"),
  hover: (page) => page.mouse.move(240, 170),
  few: (page) => page.fill("#query", "is:bad"),
  stale: (page) => {
    served.api.tell("stale", { since: Date.now() / 1000 - 400, why: "the API server does not answer: dial tcp 10.0.0.1:443: connection refused" });
    return page.waitForTimeout(300).then(() => served.api.tell("fresh", {}));
  },
};

const names = [...Object.keys(views), ...Object.keys(doing)];
const wanted = process.env["SHOTS"] === "all" ? names : names.filter((name) => process.env["SHOTS"]?.split(",").includes(name));

for (const [size, viewport] of Object.entries({ wide, narrow }))
  for (const scheme of ["light", "dark"] as const)
    test.runIf(isAsked)(`pictures, ${size}, ${scheme}`, async () => {
      const within = await context(browser, { scheme, size: viewport });
      for (const name of wanted) {
        const { page, errors } = await open(within, served.address + (views[name]?.() ?? "/"));
        await page.waitForTimeout(400);
        const done = doing[name]?.(page);
        if (name !== "stale") await done;
        await page.waitForTimeout(150);
        await page.screenshot({ path: `${out}${name}-${size}-${scheme}.png` });
        await done;
        expect.soft(errors, name).toEqual([]);
        await page.close();
      }
      await within.close();
    });
