import { expect, test } from "vitest";
import { said, verdict, type VerdictOf } from "./verdict";

const ago = () => "2 h ago";
const fine: VerdictOf["workload"] = { kind: "Deployment", desired: 5, ready: 5, health: "healthy", why: "", sync: "synced", nodes: ["node-1:3", "node-2:2"], newer: "", errors: 0, warnings: 0, restarts: 0, app: "pay/ledger" };
const app = { revision: "9f3e1d", author: "ops-lead", synced: 100, suspended: "", suspendedBy: "" };
const sentence = (workload: Partial<VerdictOf["workload"]>, more: Partial<VerdictOf> = {}) => said(verdict({ workload: { ...fine, ...workload }, app, drift: [], ...more }, ago));

test("all well", () => {
  expect(sentence({})).toBe("Running 5 of 5 on 2 nodes at commit 9f3e1d by ops-lead, 2 h ago. Nothing edited by hand. ");
});

test("what falls short comes last", () => {
  expect(sentence({ newer: "1.8.4", errors: 1, warnings: 2, restarts: 3 })).toBe(
    "Running 5 of 5 on 2 nodes at commit 9f3e1d by ops-lead, 2 h ago. Nothing edited by hand. Image 1.8.4 is allowed and newer; 1 error and 2 warnings by the practices; 3 restarts of its pods.",
  );
});

test("edited by hand says who", () => {
  const drift = [{ change: "changed" as const, cause: "person" as const, who: "ann", manager: "kubectl-edit", fields: [], more: 2, since: 5 }];
  expect(sentence({ sync: "drifted" }, { drift })).toContain("2 fields edited by hand: ann, 2 h ago.");
});

test("not healthy comes first, with why", () => {
  expect(sentence({ health: "degraded", ready: 1, why: "image can't be pulled." })).toMatch(/^Not healthy \(image can't be pulled\): running 1 of 5/);
});

test("no application", () => {
  expect(said(verdict({ workload: { ...fine, app: "", sync: "unmanaged" }, drift: [] }, ago))).toBe("Running 5 of 5 on 2 nodes; no application delivers it. ");
});

test.each([
  [{ kind: "CronJob", ready: 0 }, /^Waiting for its next run/],
  [{ kind: "Job", ready: 1, desired: 1 }, /^Finished 1 of 1/],
  [{ desired: 0, ready: 0 }, /^Scaled to 0: nothing runs/],
])("other kinds: %j", (workload, want) => {
  expect(sentence(workload)).toMatch(want);
});
