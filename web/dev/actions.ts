// Actions on the made-up cluster: a preview first, then what it said.

import type { Drift } from "../src/api";
import type { Recorded } from "./server";

interface Sent {
  application?: string;
  objects?: string[];
  to?: string;
  reason?: string;
  preview?: boolean;
  seen?: string;
}

/** Status and body of POST actions/VERB. */
export function answerAction(server: Recorded, verb: string, sent: Sent, now: number): [number, unknown] {
  const app = sent.application ?? "";
  const objects = sent.objects ?? [];
  const application = server.world.applications.find((one) => one.id === app);
  if (!application) return [404, { error: { message: `there is no application ${app}`, next: "see: fairlead status" } }];
  const drifts = server.world.drift.filter((one) => one.app === app && !one.reverted && (objects.length === 0 || objects.includes(one.object)));
  const seen = `${verb} ${app} ${objects.join()} ${sent.to ?? ""} ${drifts.length}`;
  const preview = {
    title: `${verb} ${app}`,
    effects: drifts.length ? drifts.map((one) => `${one.kind} ${one.namespace}/${one.name}: ${one.fields.length} fields go back to what git says`) : [`${app} is delivered anew from ${application.revision}`],
    diff: drifts.map((one) => ({ id: one.object, change: "changed", lines: one.fields.flatMap((field) => [{ op: "-", text: `${field.path}: ${field.live}`, line: 41 }, { op: "+", text: `${field.path}: ${field.git}`, line: 41 }]) })),
    ...(["adopt", "rollback", "release", "ignore", "exception"].includes(verb) ? { commit: { message: `${application.name}: ${verb}`, branch: "main", files: [`${application.path}/api.yaml`] } } : {}),
    warnings: [],
    seen,
  };
  if (sent.preview) return [200, preview];
  if (!["sync", "resume"].includes(verb) && !sent.reason) return [400, { error: { message: "a reason is missing", next: "say why in a few words" } }];
  if (sent.seen !== seen) return [409, preview];
  if (verb === "revert" || verb === "adopt") setTimeout(() => settle(server, drifts, now), 300);
  return [200, { done: `${verb} of ${app} is done` }];
}

function settle(server: Recorded, drifts: Drift[], now: number): void {
  const ids = new Set(drifts.map((one) => one.object));
  server.change("drift", drifts.map((one) => ({ ...one, reverted: true, since: now })));
  server.change("workloads", server.world.workloads.filter((one) => ids.has(one.id)).map((one) => ({ ...one, sync: "synced", drift: 0 })));
}
