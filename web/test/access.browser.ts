// Whether everybody can use the page: axe on each lens in both themes, and a walk by keyboard alone.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { context, launch, narrow, open, serve, wide, type Served } from "./page.ts";

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

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe finds, serious or worse, each as one line. The policy lets no foreign script in, so it is given to the debugger. */
async function serious(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: (options: unknown) => Promise<{ violations: unknown[] }> } };
    return (await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })).violations;
  });
  return (found as Violation[])
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 200)}`));
}

const lenses = ["map", "workload", "changes", "drift", "practices", "images", "sources"];
const selected = (): string => encodeURIComponent(served.api.world.drift[0]!.object);

for (const scheme of ["light", "dark"] as const)
  for (const size of [wide, narrow])
    test(`axe finds nothing serious: ${scheme}, ${size.width} wide`, async () => {
      const within = await context(browser, { scheme, size });
      const places = [...lenses.map((lens) => `/?lens=${lens}&sel=${selected()}`), "/?view=table", "/?q=nmae:x", "/?q=name:none", "/?q=is:bad"];
      for (const place of places) {
        const { page } = await open(within, served.address + place);
        await page.waitForTimeout(250);
        expect.soft(await serious(page), place).toEqual([]);
        await page.close();
      }
      await within.close();
    });

test("axe finds nothing serious in the dialogs", async () => {
  const within = await context(browser);
  const { page } = await open(within, served.address);
  for (const key of ["Control+k", "?", "/"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(200);
    expect.soft(await serious(page), key).toEqual([]);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
  }
  await page.click(".me");
  expect.soft(await serious(page), "menu").toEqual([]);
  await within.close();
});

test("a drifted workload is found by a query, opened, and git is put back, by keyboard alone", async () => {
  const within = await context(browser);
  const { page, errors } = await open(within, served.address);
  const wanted = served.api.world.drift.find((one) => one.cause === "person")!;
  await page.keyboard.press("/");
  await page.keyboard.type(`dri`);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.type(`yes ns:${wanted.namespace} name:${wanted.name}`);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.textContent(".count")).toContain("1 of 160");
  // Into the map, whose first tile an arrow selects.
  await page.focus(".tiles");
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => page.textContent("aside h2")).toContain(wanted.name);
  await expect.poll(() => page.textContent(".tiles [role=status]")).toContain("drift");
  // To its button by tabs.
  for (let i = 0; i < 40 && !(await page.evaluate(() => document.activeElement?.textContent?.startsWith("Put git back"))); i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog[open] textarea, dialog[open] input");
  await page.focus("dialog[open] textarea, dialog[open] input");
  await page.keyboard.type("the hotfix is in git now");
  for (let i = 0; i < 20 && !(await page.evaluate(() => document.activeElement?.matches("button.main"))); i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.textContent(".count"), { timeout: 5000 }).toContain("0 of 160");
  expect(errors).toEqual([]);
  await within.close();
});

test("every lens is reached by its digit, by the palette, and back", async () => {
  const within = await context(browser);
  const { page } = await open(within, served.address);
  for (const [i, lens] of lenses.entries()) {
    await page.keyboard.press(String(i + 1));
    await expect.poll(() => page.getAttribute("nav a.on", "href")).toContain(i === 0 ? "/" : `lens=${lens}`);
  }
  await page.keyboard.press("Control+k");
  await page.keyboard.type("drift");
  await page.keyboard.press("Enter");
  await expect.poll(() => new URL(page.url()).search).toBe("?lens=drift");
  await page.goBack();
  await expect.poll(() => new URL(page.url()).search).toBe("?lens=sources");
  await within.close();
});
