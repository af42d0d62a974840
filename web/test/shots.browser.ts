// Pictures of every lens, to be looked at: `npm run browser -- shots`. SHOTS names lenses, else all.

import { mkdirSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { context, launch, narrow, open, out, serve, wide, type Served } from "./page.ts";

let served: Served;
let browser: Browser;
beforeAll(async () => {
  mkdirSync(out, { recursive: true });
  served = await serve({ workloads: 160 });
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  await served.stop();
});

const drifted = (): string => encodeURIComponent(served.api.world.drift[0]!.object);
const views: Record<string, () => string> = {
  map: () => `/?sel=${drifted()}`,
  table: () => `/?view=table&sel=${drifted()}`,
  query: () => "/?q=ns:payments,checkout,web+-kind:CronJob",
  workload: () => `/?lens=workload&sel=${drifted()}`,
  changes: () => "/?lens=changes",
  drift: () => "/?lens=drift",
  practices: () => "/?lens=practices",
  images: () => "/?lens=images",
  sources: () => "/?lens=sources",
};
const wanted = process.env["SHOTS"]?.split(",") ?? Object.keys(views);

for (const [size, viewport] of Object.entries({ wide, narrow }))
  for (const scheme of ["light", "dark"] as const)
    test(`pictures, ${size}, ${scheme}`, async () => {
      const within = await context(browser, { scheme, size: viewport });
      for (const name of wanted) {
        const { page, errors } = await open(within, served.address + views[name]!());
        await page.waitForTimeout(400);
        await page.screenshot({ path: `${out}${name}-${size}-${scheme}.png` });
        expect.soft(errors, name).toEqual([]);
        await page.close();
      }
      await within.close();
    });
