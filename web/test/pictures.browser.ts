// The pictures of docs/page: every lens of the demo after a busy hour, light and dark, wide and narrow. `make pictures` takes them anew.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { demo, program, type Demo } from "./cluster.ts";
import { context, launch, narrow, wide } from "./page.ts";

const isAsked = process.env["PICTURES"] === "1";
const patience = 90_000; // ms, for what the cluster does
const docs = new URL("../../docs/page/", import.meta.url).pathname;

let run: Demo;
let browser: Browser;
/** What a browser that has signed in has kept. */
let signedIn: Awaited<ReturnType<Awaited<ReturnType<typeof context>>["storageState"]>>;

beforeAll(async () => {
  if (!isAsked) return;
  mkdirSync(docs, { recursive: true });
  run = await demo();
  browser = await launch();
}, 300_000);

afterAll(async () => {
  if (!isAsked) return;
  await browser.close();
  await run.stop();
}, 60_000);

test.runIf(isAsked)(
  "a busy hour",
  async () => {
    const within = await context(browser);
    const page = await within.newPage();
    await page.goto(run.link);
    await page.locator("nav").waitFor();
    await live(page);
    signedIn = await within.storageState();
    await within.close();
  },
  4 * patience,
);

/** What happens in an hour: commits, a new version, a commit that is refused, edits by hand. */
async function live(page: Page): Promise<void> {
  await run.kube("/apis/fairlead.dev/v1alpha1/namespaces/fairlead/applications/production", { spec: { drift: { policy: "Alert" }, practices: { gate: "error" } } });
  const app = async (name: string) => (await run.kube(`/apis/fairlead.dev/v1alpha1/namespaces/fairlead/applications/${name}`)) as { spec: { drift: { policy?: string } }; status: { practices?: { refused?: unknown } } };
  await expect.poll(async () => (await app("users")).spec.drift.policy, { timeout: patience }).toBe("Alert");
  const login = (await run.kube("/apis/apps/v1/namespaces/auth/deployments/login")) as { spec: { template: { spec: { containers: { image: string }[] } } } };
  const image = login.spec.template.spec.containers[0]!.image.replace(/:[^:]+$/, "");
  execFileSync(program, ["demo", "push", `${image}:1.5.0`], { stdio: "pipe" });
  run.commit("apps/frontend/web.yaml", (text) => text.replace(/replicas: 3/, "replicas: 5"), "web: ready for the sale");
  run.commit("apps/notifications/chat.yaml", (text) => text.replace(/(image: \S+):[^:\s]+/, "$1:latest"), "chat: whatever is newest");
  const state = () => page.evaluate(async () => (await fetch("/api/v1/state")).text());
  await expect.poll(state, { timeout: patience }).toContain("update login to 1.5.0");
  await expect.poll(async () => (await app("notifications")).status.practices?.refused, { timeout: patience }).toBeTruthy();
  const edit = (path: string, body: unknown) => run.kube(`/apis/apps/v1/namespaces/${path}?fieldManager=kubectl-edit`, body);
  await edit("billing/deployments/invoices", { spec: { replicas: 5 } });
  await edit("users/deployments/teams", { metadata: { labels: { "app.kubernetes.io/part-of": "people" } }, spec: { replicas: 3 } });
  await run.kube("/apis/apps/v1/namespaces/logs/deployments/logs-query/scale?fieldManager=kubectl-scale", { spec: { replicas: 6 } });
  await page.goto(`${run.address}/?q=drift:yes`);
  await expect.poll(() => page.locator(".top").textContent(), { timeout: patience }).toContain("3 of 72");
}

const views: Record<string, string> = {
  map: "/?sel=Deployment.apps+billing/invoices",
  workload: "/?lens=workload&sel=Deployment.apps+frontend/api-gateway",
  changes: "/?lens=changes",
  drift: "/?lens=drift",
  practices: "/?lens=practices",
  images: "/?lens=images",
  sources: "/?lens=sources",
};

for (const [size, viewport] of Object.entries({ wide, narrow }))
  for (const scheme of ["light", "dark"] as const)
    test.runIf(isAsked)(
      `pictures, ${size}, ${scheme}`,
      async () => {
        const within = await browser.newContext({ viewport, colorScheme: scheme, deviceScaleFactor: size === "narrow" ? 2 : 1, reducedMotion: "reduce", storageState: signedIn });
        const page = await within.newPage();
        const debug = await within.newCDPSession(page);
        for (const [name, at] of Object.entries(views)) {
          await page.goto(run.address + at);
          await page.waitForSelector("h1");
          await page.waitForTimeout(1500); // details, faces
          const { data } = await debug.send("Page.captureScreenshot", { format: "webp", quality: 82 });
          writeFileSync(`${docs}${name}-${size}-${scheme}.webp`, Buffer.from(data, "base64"));
        }
        await within.close();
      },
      120_000,
    );
