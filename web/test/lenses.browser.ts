// What a person does on the lenses, in Chromium: find what drifted, see who did it, put it back and watch it turn; roll back with a reason;
// open the same address in a fresh browser. Against a made-up cluster.

import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { context, launch, narrow, open, out, serve, type Served } from "./page.ts";

let served: Served;
let browser: Browser;
beforeAll(async () => {
  mkdirSync(out, { recursive: true });
  browser = await launch();
});
afterAll(() => browser.close());
beforeEach(async () => {
  served = await serve({ workloads: 160 });
  return () => served.stop();
});

async function at(address: string, look = {}): Promise<{ page: Page; errors: string[]; done: () => Promise<void> }> {
  const within = await context(browser, look);
  const { page, errors } = await open(within, served.address + address);
  return { page, errors, done: () => within.close() };
}

const handEdited = () => served.api.world.drift.find((d) => d.cause === "person" && !d.reverted && !d.contested)!;

test("a drifted workload is found by query, its author seen, put back, and turns", async () => {
  const drift = handEdited();
  const { page, errors, done } = await at("/");
  await page.keyboard.press("/");
  await page.keyboard.type(`drift:yes ns:${drift.namespace} ${drift.name}`);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.locator("body").click({ position: { x: 5, y: 500 } });
  await page.keyboard.press("4");
  const card = page.locator(`[data-drift="${drift.id}"]`);
  await card.waitFor();
  expect(await card.textContent()).toContain("maria");
  await card.focus();
  await page.keyboard.press("r");
  const dialog = page.locator("dialog[open]");
  await dialog.locator(".ask-effects li").first().waitFor();
  expect(await dialog.locator("#ask-why").textContent()).toContain("Say why");
  await page.keyboard.type("the hotfix is in git now");
  await page.screenshot({ path: `${out}dialog-revert.png` });
  await page.keyboard.press("Enter");
  await page.locator(".toast").waitFor();
  await dialog.waitFor({ state: "detached" });
  await card.waitFor({ state: "detached" }); // it no longer matches drift:yes
  await page.keyboard.press("2");
  await page.locator(".workload-verdict", { hasText: "Nothing edited by hand" }).waitFor();
  expect(errors).toEqual([]);
  await done();
});

test("the deep link of a workload opens the same in a fresh browser", async () => {
  const drift = handEdited();
  const first = await at("/?lens=drift");
  await first.page.locator(`[data-drift="${drift.id}"] .drift-name a`).first().click();
  await first.page.getByRole("tab", { name: "Manifest" }).click();
  await first.page.locator(".manifest-card").waitFor();
  const address = new URL(first.page.url());
  const title = await first.page.locator("h1").textContent();
  await first.done();
  const second = await at(address.pathname + address.search);
  await second.page.locator(".manifest-card").waitFor();
  expect([await second.page.locator("h1").textContent(), await second.page.getByRole("tab", { selected: true }).textContent()]).toEqual([title, "Manifest"]);
  await second.done();
});

test("an application is rolled back with a reason, to a release that was chosen", async () => {
  const release = served.api.world.releases.find((r) => r.result === "Healthy")!;
  const { page, done } = await at(`/?lens=changes&app=${release.app}&release=${release.id}`);
  await page.getByRole("button", { name: "Roll back to this…" }).click();
  const dialog = page.locator("dialog[open]");
  await dialog.locator(".ask-commit").waitFor();
  await page.keyboard.type("settlement doubled");
  await page.screenshot({ path: `${out}dialog-rollback.png` });
  await page.keyboard.press("Enter");
  await page.locator(".toast", { hasText: "rollback" }).waitFor();
  await done();
});

test("a preview that no longer holds is shown anew, and does nothing", async () => {
  const drift = handEdited();
  const { page, done } = await at("/?lens=drift");
  await page.locator(`[data-drift="${drift.id}"]`).getByRole("button", { name: "Put git back" }).click();
  const dialog = page.locator("dialog[open]");
  await dialog.locator(".ask-effects li").first().waitFor();
  await page.keyboard.type("because");
  await page.waitForTimeout(800); // the preview with the reason is made
  served.api.world.drift = served.api.world.drift.filter((d) => d !== drift);
  await page.keyboard.press("Enter");
  await dialog.locator(".ask-changed").waitFor();
  expect(await dialog.locator(".ask-reason input").inputValue()).toBe("because");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(await page.locator(".toast").count()).toBe(0);
  await done();
});

test("a session that ends keeps what was typed in the dialog", async () => {
  const drift = handEdited();
  const { page, done } = await at("/?lens=drift");
  await page.locator(`[data-drift="${drift.id}"]`).getByRole("button", { name: "Put git back" }).click();
  await page.locator("dialog[open] .ask-effects li").first().waitFor();
  await page.keyboard.type("a long story");
  served.api.session(false);
  await page.locator("dialog.sign-in[open], dialog[open] input[type=password]").first().waitFor();
  await page.locator("dialog[open] input[type=password]").fill("right");
  await page.keyboard.press("Enter");
  await page.locator("dialog[open] input[type=password]").waitFor({ state: "detached" });
  expect(await page.locator(".ask-reason input").inputValue()).toBe("a long story");
  await page.locator(".ask-foot button.main:not([aria-disabled=true])").click();
  await page.locator(".toast").waitFor();
  await done();
});

test("logs are followed, filtered and paused", async () => {
  const workload = served.api.world.workloads.find((w) => w.ready > 0 && w.kind === "Deployment")!;
  const { page, errors, done } = await at(`/?lens=workload&sel=${encodeURIComponent(workload.id)}&tab=logs`);
  await page.locator(".log").first().waitFor();
  await page.getByRole("searchbox", { name: "Filter lines" }).fill("slow");
  await page.waitForFunction(() => [...document.querySelectorAll(".log-text")].every((l) => l.textContent?.includes("slow")));
  await page.screenshot({ path: `${out}logs.png` });
  expect(errors).toEqual([]);
  await done();
});

test("names that are HTML are text, and links that are scripts are none", async () => {
  const { drift, sources } = served.api.world;
  drift.unshift({ ...handEdited(), id: "evil", name: `<img src=x onerror="document.title='pwned'">`, who: "<script>alert(1)</script>", since: 4e9 });
  sources.unshift({ ...sources[0]!, id: "evil", url: "javascript:alert(1)" });
  const { page, errors, done } = await at("/?lens=drift");
  await page.locator('[data-drift="evil"]').waitFor();
  expect(await page.locator('[data-drift="evil"] img, [data-drift="evil"] script').count()).toBe(0);
  await page.goto(`${served.address}/?lens=sources`);
  await page.locator(".source").first().waitFor();
  expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
  expect([await page.title(), errors]).toEqual([expect.not.stringContaining("pwned"), []]);
  await done();
});

test.each([
  ["wide", undefined],
  ["narrow", narrow],
] as const)("names of 300 letters without a blank, and from right to left, stay within the page: %s", async (_, size) => {
  const { world } = served.api;
  const long = "x".repeat(297) + "…";
  const rtl = "\u202eשלום-\u202eעולם";
  const workload = { ...world.workloads[0]!, id: `Deployment.apps long/${long}`, namespace: rtl, name: long, why: long, health: "degraded" as const, images: [long], nodes: [`${long}:2`], newer: long, app: world.applications[0]!.id };
  world.workloads.unshift(workload);
  world.drift.unshift({ ...handEdited(), id: "long", object: workload.id, namespace: rtl, name: long, who: long, app: long, next: long, fields: [{ ...handEdited().fields[0]!, path: `spec.${long}`, git: long, live: long, author: long, where: long }] });
  world.findings.unshift({ ...world.findings[0]!, id: "long", practice: long, namespace: long, name: rtl, message: long, fix: long, where: long, object: workload.id });
  world.images.unshift({ ...world.images[0]!, id: "long", image: `${long}/${long}`, current: long, newest: long, why: long, held: long, policy: long, where: long, workloads: [workload.id] });
  world.releases.unshift({ ...world.releases[0]!, id: "a/long", app: workload.app, subject: long, author: long, revision: long, started: 4e9 });
  world.sources.unshift({ ...world.sources[0]!, id: "long", url: `https://${long}`, ref: long, failed: long, problems: [{ where: long, object: rtl, message: long, next: long }] });
  const { page, errors, done } = await at("/", size ? { size } : {});
  for (const address of ["/?lens=drift", "/?lens=practices", "/?lens=images", "/?lens=changes", "/?lens=changes&release=a/long", "/?lens=sources", "/?lens=workload", `/?lens=workload&sel=${encodeURIComponent(workload.id)}`]) {
    await page.goto(served.address + address);
    await page.locator("h1").waitFor();
    await page.waitForTimeout(300);
    const wider = await page.evaluate(() => {
      const stage = document.querySelector(".stage")!;
      return Math.max(stage.scrollWidth - stage.clientWidth, document.documentElement.scrollWidth - innerWidth);
    });
    if (wider > 1) await page.screenshot({ path: `${out}too-wide-${address.replace(/\W/g, "").slice(0, 30)}.png` });
    expect.soft(wider, address).toBeLessThanOrEqual(1);
  }
  expect(errors).toEqual([]);
  await done();
});

const pictures: Record<string, () => string> = {
  release: () => `/?lens=changes&app=${served.api.world.releases[0]!.app}&release=${served.api.world.releases[0]!.id}`,
  compare: () => `/?lens=changes&app=${served.api.world.releases[0]!.app}&from=git&to=live`,
  practice: () => "/?lens=practices&practice=probes-distinct",
  manifest: () => `/?lens=workload&tab=manifest&sel=${encodeURIComponent(handEdited().object)}`,
  diff: () => `/?lens=workload&tab=diff&sel=${encodeURIComponent(handEdited().object)}`,
  events: () => `/?lens=workload&tab=events&sel=${encodeURIComponent(handEdited().object)}`,
  choose: () => "/?lens=workload",
};

test.runIf(process.env["PICTURES"])("pictures of what is opened", async () => {
  for (const scheme of ["light", "dark"])
    for (const [size, viewport] of [["wide", undefined], ["narrow", narrow]] as const)
      for (const [name, address] of Object.entries(pictures)) {
        const { page, done } = await at(address(), { scheme, ...(viewport ? { size: viewport } : {}) });
        await page.waitForTimeout(500);
        await page.screenshot({ path: `${out}${name}-${size}-${scheme}.png` });
        await done();
      }
});
