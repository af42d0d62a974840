// Details of the made-up cluster, as internal/server/detail would answer them.

import type { Pod, WorkloadDetail } from "../src/api";
import type { World } from "./world";

type Lines = { lines: { event: string; data: unknown }[] };

/** The answer to GET path, null when there is none. */
export function detail(all: World, path: string, params: URLSearchParams, now: number): object | Lines | null {
  const [what, ...rest] = path.split("/");
  const id = rest.map(decodeURIComponent).join("/");
  switch (what) {
    case "workloads":
      return workload(all, id, now);
    case "applications": {
      const application = all.applications.find((one) => one.id === id);
      return application ? { application, conditions: [], objects: [], releases: all.releases.filter((one) => one.app === id), problems: [], refused: all.findings.filter((one) => one.app === id).slice(0, 2), gate: null, automation: null, yaml: `kind: Application\nmetadata:\n  name: ${application.name}\n` } : null;
    }
    case "releases": {
      const release = all.releases.find((one) => one.id === id);
      return release ? { release, changes: [{ object: `Deployment.apps ${release.app.split("/")[0]}/api`, change: "changed", fields: [{ path: "spec.template.spec.containers[name=app].image", from: "api:1.4.0", to: "api:1.5.0" }] }], findings: [] } : null;
    }
    case "practices":
      return { id, title: id.replaceAll("-", " "), category: "Deployments", severity: "warning", leads: "what runs as root and breaks out is root on the node", fix: "set `runAsNonRoot` in the pod's security context", text: "A process that is root in its container is root on the node once it gets out.\n\n`runAsNonRoot: true` has the kubelet **refuse** it.\n\n## When it does not fit\n\n- Programs that must change users: give those an exception.", examples: [{ name: "bad pod", bad: true, files: [{ path: "pod.yaml", text: "kind: Pod\nspec:\n  securityContext: {}\n" }], findings: [{ message: 'container "app" may run as root' }] }, { name: "good pod", bad: false, files: [{ path: "pod.yaml", text: "kind: Pod\nspec:\n  securityContext:\n    runAsNonRoot: true\n" }] }] };
    case "compare":
      return { objects: [{ id: "Deployment.apps checkout/api", change: "changed", lines: [{ op: " ", text: "      containers:", line: 38 }, { op: "-", text: "      - image: api:2.3.0", line: 39 }, { op: "+", text: "      - image: api:2.4.0", line: 39 }] }] };
    case "events":
      return { lines: [{ event: "line", data: { time: now - 60, type: "Normal", reason: "Pulled", text: "image is there already", count: 3 } }, { event: "end", data: { why: "" } }] };
    case "logs":
      return { lines: [...Array.from({ length: 200 }, (_, i) => ({ event: "line", data: { pod: params.get("pod") ?? "api-1", container: params.get("container") ?? "app", time: now - 200 + i, text: i % 17 === 3 ? "level=warn msg=\"slow answer\" ms=912" : `level=info msg="handled" path=/orders/${i}` } })), { event: "end", data: { why: "the pod has ended" } }] };
    default:
      return null;
  }
}

function workload(all: World, id: string, now: number): WorkloadDetail | null {
  const row = all.workloads.find((one) => one.id === id);
  if (!row) return null;
  const pods: Pod[] = row.nodes.flatMap((at) => {
    const [node = "", some = "1"] = at.split(":");
    return Array.from({ length: Number(some) }, (_, i) => {
      const bad = row.health === "degraded" && i === 0;
      return { name: `${row.name}-7d9c4b5f6-${node.slice(5)}${"xkwq"[i % 4]}`, node, phase: "Running", ready: !bad, restarts: bad ? 7 : 0, why: bad ? "CrashLoopBackOff" : "", started: row.changed, ip: "10.1.4.7", containers: [{ name: "app", image: row.images[0] ?? "", digest: "sha256:9f3e1d", ready: !bad, state: bad ? "waiting" : "running" }] };
    });
  });
  const dependsOn = all.edges.filter((edge) => edge.from === id);
  const usedBy = all.edges.filter((edge) => edge.to === id);
  const near = [...new Set([id, ...dependsOn.map((edge) => edge.to), ...usedBy.map((edge) => edge.from)])];
  return {
    workload: row, pods, dependsOn, usedBy, verdict: `Running ${row.ready} of ${row.desired} on ${row.nodes.length} nodes.`,
    graph: { nodes: near.map((one) => ({ id: one, name: one.slice(one.indexOf(" ") + 1), class: one.startsWith("host ") ? "external" : "workload", absent: false })), edges: [...dependsOn, ...usedBy] },
    source: { where: `apps/${row.namespace}/${row.name}.yaml:12`, commit: "a1b2c3d", author: "web-team", url: "https://git.example.com/shop/config/src/a1b2c3d" },
    findings: all.findings.filter((one) => one.object === id), history: all.releases.filter((one) => one.app === row.app), drift: all.drift.filter((one) => one.object === id), images: all.images.filter((one) => one.workloads.includes(id)),
    yaml: `apiVersion: ${row.group}/v1\nkind: ${row.kind}\nmetadata:\n  name: ${row.name}\n  namespace: ${row.namespace}\nspec:\n  replicas: ${row.desired}\n  # ${now}\n`,
  };
}
