// axe-core over what the lenses open: dialogs, tabs, documents, comparisons, in both themes. The lenses themselves are in access.browser.ts.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { context, launch, narrow, open, serve, type Served } from "./page.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serve({ workloads: 160 });
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  await served.stop();
});

const drifted = () => encodeURIComponent(served.api.world.drift.find((d) => d.cause === "person")!.object);
const releaseOf = () => served.api.world.releases[0]!;
const press = (name: string) => async (page: Page) => {
  await page.getByRole("button", { name }).first().click();
  await page.locator("dialog[open] .ask-effects li").first().waitFor();
};

const states: Record<string, [address: () => string, then?: (page: Page) => Promise<void>]> = {
  "drift, put back": [() => "/?lens=drift", press("Put git back")],
  "drift, adopt": [() => "/?lens=drift", press("Adopt into git…")],
  diff: [() => `/?lens=workload&tab=diff&sel=${drifted()}`],
  logs: [() => `/?lens=workload&tab=logs&sel=${drifted()}`],
  events: [() => `/?lens=workload&tab=events&sel=${drifted()}`],
  manifest: [() => `/?lens=workload&tab=manifest&sel=${drifted()}`],
  "a release": [() => `/?lens=changes&app=${releaseOf().app}&release=${releaseOf().id}`],
  compare: [() => `/?lens=changes&app=${releaseOf().app}&from=git&to=live`],
  "roll back": [() => `/?lens=changes&app=${releaseOf().app}`, press("Roll back…")],
  practices: [() => "/?lens=practices&practice=probes-distinct"],
  exception: [() => "/?lens=practices", press("Exception…")],
};

for (const [look, options] of Object.entries({ light: { scheme: "light" }, dark: { scheme: "dark" }, narrow: { scheme: "light", size: narrow } } as const))
  test.each(Object.entries(states))(`${look}: %s`, async (_, [address, then]) => {
    const within = await context(browser, options);
    const { page } = await open(within, served.address + address());
    await page.waitForTimeout(300);
    await then?.(page);
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const { violations } = await (window as unknown as { axe: { run: () => Promise<{ violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe.run();
      return violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + n.failureSummary.slice(0, 200)).join(" | ")}`);
    });
    await within.close();
    expect(found).toEqual([]);
  });
