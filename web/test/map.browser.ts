// The map by pointer and keys, and its table.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { context, launch, open, serve, type Served } from "./page.ts";

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

async function on(path: string, then: (page: Page) => Promise<void>): Promise<void> {
  const within = await context(browser);
  const { page, errors } = await open(within, served.address + path);
  await page.waitForTimeout(300);
  await then(page);
  expect(errors).toEqual([]);
  await within.close();
}
const param = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);

test("a click selects a tile, a second one opens it, Escape lets it go", () =>
  on("/", async (page) => {
    const box = (await page.locator(".tiles canvas").boundingBox())!;
    await page.mouse.move(box.x + 20, box.y + 42);
    await expect.poll(() => page.textContent(".tip b")).toBe("catalogue / admin");
    await page.mouse.click(box.x + 20, box.y + 42);
    await expect.poll(() => page.textContent("aside h2")).toBe("catalogue / admin");
    expect(param(page, "sel")).toBe("Deployment.apps catalogue/admin");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator("aside").count()).toBe(0);
    await page.goBack();
    await expect.poll(() => page.textContent("aside h2")).toBe("catalogue / admin");
    await page.focus(".tiles");
    await page.keyboard.press("Enter");
    await expect.poll(() => param(page, "lens")).toBe("workload");
  }));

test("arrows walk over all groups, and keys zoom", () =>
  on("/", async (page) => {
    await page.focus(".tiles");
    await page.keyboard.press("ArrowRight");
    const first = param(page, "sel") ?? (await page.textContent("aside h2"));
    const height = (): Promise<number> => page.locator(".tiles-height").evaluate((one) => (one as HTMLElement).offsetHeight);
    const before = await height();
    await page.keyboard.press("+");
    await page.keyboard.press("+");
    await expect.poll(height).toBeGreaterThan(before);
    await page.keyboard.press("0");
    await expect.poll(height).toBe(before);
    const groups = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("ArrowDown");
      groups.add((await page.textContent("aside h2"))!.split(" / ")[0]!);
    }
    expect(groups.size).toBeGreaterThan(2);
    await page.keyboard.press("End");
    await expect.poll(() => page.textContent("aside h2")).toMatch(/^web-2/);
    expect(first).toBeTruthy();
  }));

test("a span that is dragged over leaves what happened in it, in every lens, and Escape on it ends that", () =>
  on("/", async (page) => {
    const box = (await page.locator(".strip svg").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.7, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => param(page, "span")).toMatch(/^\d+-\d+$/);
    await expect.poll(() => page.textContent(".count")).toMatch(/^\d+ of 160$/);
    await page.keyboard.press("3");
    await page.keyboard.press("1");
    await page.waitForSelector(".strip svg");
    expect(await page.locator(".looking").count()).toBe(1);
    await page.focus(".strip svg");
    const was = param(page, "span");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => param(page, "span")).not.toBe(was);
    await page.keyboard.press("Escape");
    await expect.poll(() => page.textContent(".count")).toBe("160");
  }));

test("the table sorts, moves by keys and keeps only what is in sight in the document", () =>
  on("/?view=table", async (page) => {
    expect(await page.locator("[role=grid] [role=row]").count()).toBeLessThan(60);
    expect(await page.getAttribute("[role=grid]", "aria-rowcount")).toBe("161");
    await page.getByRole("button", { name: "Score" }).click();
    expect(await page.getAttribute("[role=columnheader]:nth-child(6)", "aria-sort")).toBe("ascending");
    const scores = await page.locator("[role=row] [role=gridcell]:nth-child(6)").allInnerTexts();
    expect(scores.slice(0, 8)).toEqual(scores.slice(0, 8).sort((a, b) => (a === "–" ? -1 : Number(a)) - (b === "–" ? -1 : Number(b))));
    await page.focus("[role=grid]");
    await page.keyboard.press("End");
    await expect.poll(() => page.locator("[aria-selected=true][role=row]").getAttribute("aria-rowindex")).toBe("161");
    await page.keyboard.press("Enter");
    await expect.poll(() => param(page, "lens")).toBe("workload");
  }));

test("colours and groups are in the address, and what nobody made is the map as it is", () =>
  on("/?colour=constructor&group=__proto__&view=x&span=9-1", async (page) => {
    expect(await page.textContent(".legend")).toContain("as in git");
    await page.getByRole("radio", { name: "Score" }).check({ force: true });
    await page.selectOption("select", "node");
    await expect.poll(() => [param(page, "colour"), param(page, "group")]).toEqual(["score", "node"]);
    expect(await page.textContent(".legend")).toContain("90 and more");
  }));

test("keys of one letter can be turned off", () =>
  on("/", async (page) => {
    await page.keyboard.press("?");
    await page.getByLabel("keys of one letter are on").uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("4");
    await page.waitForTimeout(100);
    expect(param(page, "lens")).toBeNull();
    await page.reload();
    await page.waitForSelector("h1");
    await page.keyboard.press("4");
    await page.waitForTimeout(100);
    expect(param(page, "lens")).toBeNull();
  }));

test("a theme that is chosen stays", () =>
  on("/", async (page) => {
    await page.click(".me");
    const tiles = (): Promise<string> => page.locator(".tiles canvas").evaluate((one) => (one as HTMLCanvasElement).toDataURL());
    const light = await tiles();
    await page.getByRole("radio", { name: "Dark" }).check({ force: true });
    await expect.poll(tiles).not.toBe(light);
    await page.reload();
    await page.waitForSelector("h1");
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(16, 19, 21)");
  }));
