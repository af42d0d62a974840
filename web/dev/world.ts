// A made-up cluster: the same seed gives the same one. Rows are as the server writes them.

import type { AnyRow, Application, Drift, Edge, Finding, Image, Release, TableName, Tables, Workload } from "../src/api";

export type World = { [T in TableName]: Tables[T][] };

export interface WorldOptions {
  workloads: number;
  /** Unix seconds that it is in the made-up cluster. */
  now?: number;
  seed?: number;
}

const spaces = ["payments", "checkout", "web", "search", "identity", "mail", "platform", "catalogue", "shipping", "reports", "media", "loyalty"];
const parts = ["api", "ledger", "front", "worker", "index", "token", "gateway", "cache", "sync", "admin", "export", "feed", "router", "rates", "audit", "mailer"];
const people = ["web-team", "ops-lead", "maria", "jonas", "priya"];
const practices = [
  { id: "run-as-non-root", category: "Container internals", severity: "error", message: "may run as root", fix: "set runAsNonRoot: true" },
  { id: "image-pinned", category: "Building containers", severity: "warning", message: "the tag latest can mean another image tomorrow", fix: "name a version" },
  { id: "probes-distinct", category: "Lessons from running it", severity: "error", message: "readiness and liveness probe are the same check", fix: "let liveness only tell a hang" },
  { id: "requests-set", category: "Deployments", severity: "warning", message: "no memory request", fix: "set resources.requests.memory" },
  { id: "replicas-spread", category: "Lessons from running it", severity: "info", message: "all replicas may run on one node", fix: "add topologySpreadConstraints" },
  { id: "policy-present", category: "Services", severity: "info", message: "no NetworkPolicy selects it", fix: "add one" },
] as const;

/** A small generator of numbers from 0 to 1. */
export function random(seed: number): () => number {
  let state = seed % 2147483647 || 1;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

export function world(options: WorldOptions): World {
  const now = options.now ?? Math.floor(Date.now() / 1000);
  const rnd = random(options.seed ?? 7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(rnd() * list.length)]!;
  const nodes = Math.max(6, Math.ceil(options.workloads / 50));
  const perSpace = Math.max(8, Math.ceil(options.workloads / 70));
  const all: World = { workloads: [], applications: [], namespaces: [], nodes: [], releases: [], drift: [], findings: [], images: [], sources: [], notifiers: [], checks: [], edges: [] };

  for (let i = 0; i < nodes; i++) {
    const ready = i !== 4;
    all.nodes.push({ id: `node-${i + 1}`, ready, why: ready ? "" : "kubelet stopped posting status", zone: `zone-${"abc"[i % 3]}`, pods: 0, capacity: 110 });
  }
  while (all.workloads.length < options.workloads) {
    const n = all.namespaces.length;
    const name = (spaces[n % spaces.length] ?? "") + (n >= spaces.length ? `-${Math.floor(n / spaces.length) + 1}` : "");
    all.namespaces.push({ id: name, phase: "Active" });
    const share = 0.3 + rnd() * 1.5;
    const members = Math.min(options.workloads - all.workloads.length, Math.max(3, Math.round(perSpace * share)));
    space(name, members);
  }
  edges();
  sources();
  return all;

  function space(name: string, members: number): void {
    const app = `${name}/${name}`;
    const application = addApp(name);
    for (let i = 0; i < members; i++) addWorkload(name, i, i % 11 === 10 && name !== "platform" ? "" : app);
    application.workloads = members;
    application.drift = all.drift.filter((one) => one.app === app && !one.reverted).length;
    if (application.drift) application.sync = "drifted";
    const releases = 3 + Math.floor(rnd() * 3);
    for (let i = 0; i < releases; i++) addRelease(application, releases - i, now - Math.floor((i * 5 + rnd() * 4) * 3600) - 400);
  }

  function addApp(name: string): Application {
    const held = name === "media";
    const application: Application = {
      id: `${name}/${name}`, namespace: name, name, repo: name === "platform" ? "https://git.example.com/platform/config.git" : "https://git.example.com/shop/config.git",
      ref: "main", path: `apps/${name}`, revision: hash(), author: pick(people), subject: `${name}: ${pick(["faster settlement", "new limits", "smaller image", "retry on 503", "one more replica"])}`,
      committed: now - 9000, synced: now - 8990, sync: held ? "held" : "synced", ready: !held, health: "healthy", message: held ? "3 of 41 objects blocked by practices: image-pinned, probes-distinct" : "",
      suspended: name === "mail" ? "moving the queue by hand" : "", suspendedBy: name === "mail" ? "jonas" : "", policy: name === "search" ? "Alert" : "Revert", gate: "recommended",
      score: 60 + Math.floor(rnd() * 40), errors: Math.floor(rnd() * 3), warnings: Math.floor(rnd() * 6), infos: 2, drift: 0, problems: 0, release: 5, refused: held ? hash() : "", pruneWaiting: name === "loyalty" ? 2 : 0, workloads: 0,
    };
    all.applications.push(application);
    return application;
  }

  function addWorkload(namespace: string, i: number, app: string): void {
    const kind = i % 9 === 8 ? "StatefulSet" : i % 13 === 12 ? "CronJob" : i % 17 === 16 ? "DaemonSet" : "Deployment";
    const group = kind === "CronJob" ? "batch" : "apps";
    const base = parts[i % parts.length]!;
    const name = i < parts.length ? base : `${base}-${Math.floor(i / parts.length) + 1}`;
    const luck = rnd();
    const desired = kind === "CronJob" ? 0 : 2 + Math.floor(rnd() * 17);
    const health = luck < 0.012 ? "degraded" : luck < 0.022 ? "progressing" : luck < 0.028 ? "unknown" : "healthy";
    const drifted = app !== "" && rnd() < 0.02;
    const ready = health === "degraded" ? Math.max(0, desired - 2) : health === "progressing" ? desired - 1 : desired;
    const version = `${1 + Math.floor(rnd() * 3)}.${Math.floor(rnd() * 9)}.${Math.floor(rnd() * 9)}`;
    const image = `registry.example.com/${namespace}/${base}:${version}`;
    const row: Workload = {
      id: `${kind}.${group} ${namespace}/${name}`, group, kind, namespace, name, app, desired, ready, health,
      why: health === "degraded" ? `2 of ${desired} pods: CrashLoopBackOff, exit code 1: config: missing LEDGER_URL` : health === "progressing" ? "1 pod is being created" : health === "unknown" ? "its controller has not reported for 12 min" : "",
      sync: app === "" ? "unmanaged" : drifted ? "drifted" : health === "unknown" ? "unknown" : namespace === "media" ? "held" : "synced", drift: drifted ? 1 + Math.floor(rnd() * 2) : 0,
      score: rnd() < 0.05 ? -1 : 55 + Math.floor(rnd() * 46), errors: 0, warnings: 0, images: [image], newer: rnd() < 0.04 ? version.replace(/\d+$/, (d) => String(Number(d) + 1)) : "",
      nodes: [], restarts: health === "degraded" ? 14 : rnd() < 0.05 ? 1 : 0, changed: now - Math.floor(rnd() ** 3 * 30 * 86400), created: now - 90 * 86400, labels: [`app.kubernetes.io/name=${base}`, `team=${pick(people)}`],
    };
    for (let left = desired; left > 0; ) {
      const some = Math.min(left, 1 + Math.floor(rnd() * 4));
      const node = pick(all.nodes);
      node.pods += some;
      if (!row.nodes.some((at) => at.startsWith(node.id + ":"))) row.nodes.push(`${node.id}:${some}`);
      left -= some;
    }
    const found = Math.floor(rnd() * 3);
    for (let f = 0; f < found && app; f++) addFinding(row);
    if (drifted) addDrift(row, version);
    addImage(row, image, version);
    all.workloads.push(row);
  }

  function addFinding(of: Workload): void {
    const practice = pick(practices);
    if (practice.severity === "error") of.errors++;
    if (practice.severity === "warning") of.warnings++;
    const finding: Finding = {
      id: `${of.id} ${practice.id} ${all.findings.length}`, app: of.app, practice: practice.id, severity: practice.severity, category: practice.category, object: of.id, namespace: of.namespace, name: of.name,
      where: `apps/${of.namespace}/${of.name}.yaml:${20 + Math.floor(rnd() * 60)}`, field: "spec.template.spec.containers[0]", message: `container "${of.name}": ${practice.message}`, fix: practice.fix,
    };
    all.findings.push(finding);
  }

  function addDrift(of: Workload, version: string): void {
    const byController = rnd() < 0.3;
    const since = now - Math.floor(rnd() * 5 * 3600) - 120;
    const field = (path: string, git: string, live: string) => ({ path, git, live, who: byController ? "" : "maria", manager: byController ? "kube-controller-manager" : "kubectl-edit", at: since, where: `apps/${of.namespace}/${of.name}.yaml:41`, commit: hash(), author: "web-team" });
    const fields = byController ? [field("spec.replicas", String(of.desired - 1), String(of.desired))] : [field("spec.template.spec.containers[name=app].image", of.images[0]!, of.images[0]!.replace(version, version + "-hotfix"))];
    if (of.drift > 1 && !byController) fields.push(field("spec.template.spec.containers[name=app].env[name=LOG_LEVEL].value", "info", "debug"));
    of.drift = fields.length;
    const drift: Drift = { id: `${of.app} ${of.id}`, app: of.app, object: of.id, kind: of.kind, namespace: of.namespace, name: of.name, change: "changed", cause: byController ? "controller" : "person", who: byController ? "" : "maria", manager: byController ? "kube-controller-manager" : "kubectl-edit", since, fields, more: 0, contested: byController, reverts: byController ? 3 : 0, reverted: false, next: byController ? "ignore the field: spec.drift.ignore" : "" };
    all.drift.push(drift);
  }

  function addImage(of: Workload, image: string, version: string): void {
    const at = image.lastIndexOf(":");
    const row: Image = { id: `${of.app || of.namespace} ${image} ${of.name}`, app: of.app, image: image.slice(0, at), current: version, newest: of.newer || version, policy: of.newer || rnd() < 0.5 ? "semver ~" + version.slice(0, 3) : "", why: of.newer ? "" : rnd() < 0.2 ? "2.0.0 is outside ~1.8" : "", held: "", where: `apps/${of.namespace}/${of.name}.yaml:24`, checked: now - 90, workloads: [of.id], pending: "" };
    all.images.push(row);
  }

  function addRelease(app: Application, number: number, started: number): void {
    const cause = pick(["commit", "commit", "automation", "request", "drift"] as const);
    const failed = rnd() < 0.08;
    const row: Release = {
      id: `${app.namespace}/${app.name}-${number}`, app: app.id, number, revision: number === app.release ? app.revision : hash(), previous: hash(), author: pick(people), subject: cause === "automation" ? `${app.name}: ledger 1.8.2 → 1.8.3` : app.subject, committed: started - 40,
      cause, by: cause === "request" ? pick(people) : "", started, finished: started + 31, result: failed ? "Degraded" : "Healthy", message: failed ? "api did not become healthy within 5 min" : "", summary: "2 changed, 39 same", changes: 2, images: cause === "automation" ? ["ledger 1.8.2→1.8.3"] : [],
      durations: { fetch: 120, render: 210, check: 90, apply: 400, rollout: 30400 }, errors: 0, warnings: 1,
    };
    all.releases.push(row);
  }

  function edges(): void {
    const among = all.workloads;
    const add = (from: string, to: string, relation: string, by: string, observed: boolean): void => {
      const edge: Edge = { id: `${from} ${relation} ${to}`, from, to, relation, by, observed, rate: observed ? Math.round(rnd() * 500) : 0 };
      if (from !== to && !all.edges.some((one) => one.id === edge.id)) all.edges.push(edge);
    };
    for (let i = 0; i < Math.min(400, among.length); i++) add(pick(among).id, pick(among).id, "calls", "env LEDGER_URL", rnd() < 0.4);
    for (const one of among.slice(0, 40)) if (rnd() < 0.3) add(one.id, "host orders-db.rds.example.com", "calls", "env DATABASE_URL", false);
  }

  function sources(): void {
    all.sources.push(
      { id: "https://git.example.com/shop/config.git main", kind: "git", url: "https://git.example.com/shop/config.git", ref: "main", revision: hash(), fetched: now - 20, failed: "", apps: all.applications.length - 1, problems: [] },
      { id: "https://git.example.com/platform/config.git main", kind: "git", url: "https://git.example.com/platform/config.git", ref: "main", revision: hash(), fetched: now - 1900, failed: "fetch: authentication required", apps: 1, problems: [{ where: "apps/platform/values.yaml:14", object: "", message: 'unknown key "replica"', next: "check the key with: fairlead render apps/platform" }] },
    );
    all.notifiers.push({ id: "platform/chat", namespace: "platform", name: "chat", kind: "slack", ready: true, why: "" });
    all.checks.push({ id: "platform/nightly", namespace: "platform", name: "nightly", ready: true, drifted: 3, why: "", checked: now - 3000 });
  }

  function hash(): string {
    return Math.floor(rnd() * 0xfffffff).toString(16).padStart(7, "0");
  }
}

/** Names that a careless page would trip over. */
export function hostile(): World {
  const of = world({ workloads: 24, seed: 3 });
  const names = ['<img src=x onerror="window.hacked=1">', "javascript:alert(1)", "\u202Egnp.exe", "x".repeat(10_000), "</script><script>window.hacked=1</script>", "__proto__", "constructor", "عربي-خدمة", "a b\tc\nd", "${window.hacked=1}", '"><svg onload=window.hacked=1>'];
  names.forEach((name, i) => {
    const row = of.workloads[i]!;
    Object.assign(row, { id: `Deployment.apps ${row.namespace}/${name}`, name, why: name, labels: [`k=${name}`], images: [name], newer: name, health: "degraded" });
  });
  Object.assign(of.applications[0]!, { repo: "javascript:window.hacked=1", subject: names[0], author: names[4], message: names[0], suspended: names[10] });
  Object.assign(of.sources[0]!, { url: "javascript:window.hacked=1", failed: names[0] });
  for (const release of of.releases) Object.assign(release, { subject: names[0], author: names[2], summary: names[4] });
  for (const drift of of.drift) Object.assign(drift, { who: names[0], manager: names[3] });
  for (const finding of of.findings.slice(0, 8)) Object.assign(finding, { message: names[0], where: names[3], fix: names[10] });
  return of;
}

/** Columns of rows; texts that repeat much become words. */
export function columnar(rows: readonly AnyRow[]): { rows: number; columns: Record<string, unknown> } {
  const columns: Record<string, unknown> = {};
  for (const key of Object.keys(rows[0] ?? {})) {
    const values = rows.map((row) => (row as Record<string, unknown>)[key]);
    const words = [...new Set(values)];
    const texts = values.every((value) => typeof value === "string");
    if (texts && words.length * 2 < values.length) {
      const kept = words.filter((word) => word !== "") as string[];
      const at = new Map(kept.map((word, i) => [word, i]));
      columns[key] = { words: kept, of: values.map((value) => at.get(value) ?? -1) };
    } else columns[key] = values;
  }
  return { rows: rows.length, columns };
}

