// The page on a real cluster: open the link, find a drifted workload by query, see who changed it, put git back, watch it turn; roll an
// application back with a reason; open the same address in a fresh browser. Pictures of the steps and a trace are kept in out/.

import { mkdirSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { demo, isBuilt, type Demo } from "./cluster.ts";
import { context, launch, out } from "./page.ts";

const patience = 60_000; // ms, for what the cluster does

let run: Demo;
let browser: Browser;
let within: BrowserContext;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  if (!isBuilt) return;
  mkdirSync(out, { recursive: true });
  run = await demo();
  browser = await launch();
  within = await context(browser);
  within.setDefaultTimeout(patience);
  await within.tracing.start({ screenshots: true, snapshots: true });
  page = await within.newPage();
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && !/status of 40[0149]/.test(message.text()) && errors.push(message.text()));
  await page.goto(run.link);
  await page.locator("nav").waitFor();
}, 300_000);

afterAll(async () => {
  if (!isBuilt) return;
  await within.tracing.stop({ path: `${out}demo-trace.zip` });
  await browser.close();
  await run.stop();
}, 60_000);

let step = 0;
const picture = (name: string) => page.screenshot({ path: `${out}demo-${++step}-${name}.png` });

test.runIf(isBuilt)(
  "a workload that was changed by hand is found, explained, put back, and turns",
  async () => {
    await run.kube("/apis/fairlead.dev/v1alpha1/namespaces/fairlead/applications/production", { spec: { drift: { policy: "Alert" } } });
    const policy = async () => ((await run.kube("/apis/fairlead.dev/v1alpha1/namespaces/fairlead/applications/billing")) as { spec: { drift: { policy?: string } } }).spec.drift.policy;
    await expect.poll(policy, { timeout: patience }).toBe("Alert");
    await run.kube("/apis/apps/v1/namespaces/billing/deployments/invoices?fieldManager=kubectl-edit", { spec: { replicas: 5 } });

    await page.keyboard.press("/");
    await page.keyboard.type("drift:yes");
    await expect.poll(() => page.locator(".top").textContent(), { timeout: patience }).toContain("1 of 72");
    await picture("found");
    await page.keyboard.press("Escape");
    await page.locator("nav a", { hasText: "Drift" }).click();
    const card = page.locator(".drift-card", { hasText: "invoices" });
    await card.getByText("kubectl-edit").first().waitFor();
    await picture("who");
    await card.getByRole("button", { name: "Put git back" }).click();
    await page.locator("dialog[open] .ask-effects li").first().waitFor();
    await page.keyboard.type("the load test is over");
    await picture("preview");
    await page.keyboard.press("Enter");
    await page.locator(".toast").waitFor();
    await card.waitFor({ state: "detached" });
    await page.goto(`${run.address}/?lens=workload&sel=Deployment.apps+billing/invoices`);
    await page.locator(".workload-verdict", { hasText: "Nothing edited by hand" }).waitFor();
    await page.locator(".workload-verdict .tag.ok", { hasText: "as in git" }).waitFor();
    await picture("turned");
    expect(errors).toEqual([]);
  },
  180_000,
);

test.runIf(isBuilt)(
  "an application is rolled back with a reason: by a commit, with the person as its author",
  async () => {
    run.commit("apps/auth/sessions.yaml", (text) => text.replace(/replicas: \d+/, "replicas: 4"), "sessions: twice as many");
    await page.goto(`${run.address}/?lens=changes&app=fairlead/auth`);
    await page.locator(".rel", { hasText: "twice as many" }).locator(".tag.ok").waitFor();
    await page.getByRole("button", { name: "Roll back…" }).first().click();
    await page.locator("dialog[open] .ask-commit").waitFor();
    await page.keyboard.type("the sessions were not the cause");
    await expect.poll(() => page.locator("dialog[open] .ask-commit pre").textContent()).toContain("the sessions were not the cause");
    await picture("rollback");
    await page.keyboard.press("Enter");
    await page.locator(".toast").waitFor();
    await page.locator(".rel").nth(2).waitFor();
    await picture("rolled-back");
    await expect.poll(async () => ((await run.kube("/apis/apps/v1/namespaces/auth/deployments/sessions")) as { spec: { replicas: number } }).spec.replicas, { timeout: patience }).toBe(2);
    expect(errors).toEqual([]);
  },
  180_000,
);

test.runIf(isBuilt)(
  "the deep link opens the same in a fresh browser, once one has signed in there",
  async () => {
    await page.goto(`${run.address}/?lens=workload&tab=manifest&sel=Deployment.apps+auth/sessions`);
    await page.locator(".manifest-card").waitFor();
    const address = page.url();
    await run.kube("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "reader" } }, "POST");
    const subjects = [{ kind: "ServiceAccount", name: "reader", namespace: "default" }];
    await run.kube("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", { metadata: { name: "reader" }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" }, subjects }, "POST");
    const token = ((await run.kube("/api/v1/namespaces/default/serviceaccounts/reader/token", { spec: {} }, "POST")) as { status: { token: string } }).status.token;
    const other = await context(browser);
    other.setDefaultTimeout(patience);
    const fresh = await other.newPage();
    await fresh.goto(address);
    await fresh.locator("dialog[open] input[type=password]").fill(token);
    await fresh.keyboard.press("Enter");
    await fresh.locator(".manifest-card").waitFor();
    expect([await fresh.locator("h1").textContent(), fresh.url()]).toEqual([await page.locator("h1").textContent(), address]);
    await other.close();
  },
  120_000,
);
