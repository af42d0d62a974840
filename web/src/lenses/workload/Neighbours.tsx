// The neighbourhood of a workload as a drawing, and the same as a list for those who can't see it.

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Edge, GraphNode, Workload, WorkloadDetail } from "../../api";
import { row, rows } from "../../store";
import { go, href } from "../../url";
import { healthOf, many, nameOf, syncOf } from "../../words";
import { columnLayout, nodeHeight, nodeWidth, type Layout } from "./layout";
import { layered } from "./worker";

const small = 24; // nodes that columns are enough for

/** What uses the workload at the left, what it depends on at the right; the live edges until the server has told the whole. */
export function Neighbours({ workload: w, detail }: { workload: Workload; detail: WorkloadDetail | undefined }) {
  const live = rows("edges").filter((e) => e.from === w.id || e.to === w.id);
  const told = detail?.graph;
  const graph = useMemo(() => together(w.id, told, nearest(w.id, live)), [told, w.id, live.length]);
  if (graph.edges.length === 0)
    return <p class="soft">Nothing is known that it depends on or that uses it: neither its settings nor routes, policies or observed traffic name another.</p>;
  return <Drawing focus={w.id} nodes={graph.nodes} edges={graph.edges} />;
}

// What the server found in the objects, and what the live model knows besides, such as observed traffic.
function together(id: string, told: WorkloadDetail["graph"] | undefined, near: { nodes: GraphNode[]; edges: Edge[] }): { nodes: GraphNode[]; edges: Edge[] } {
  if (!told?.nodes?.length) return near;
  const key = (e: Edge) => `${e.from}\n${e.to}`;
  const live = new Map(near.edges.map((e) => [key(e), e]));
  const edges = (told.edges ?? []).map((e) => {
    const other = live.get(key(e));
    live.delete(key(e));
    return { ...e, rate: other?.rate ?? e.rate ?? 0, observed: e.observed ?? false };
  });
  const known = new Set(told.nodes.map((n) => n.id));
  const more = near.nodes.filter((n) => !known.has(n.id));
  // a Service of another namespace, of which the live model knows the workload behind it
  const twice = new Set(told.nodes.filter((n) => n.absent && !isLookedAt(n.id, id) && more.some((m) => nameOf(m.id) === nameOf(n.id))).map((n) => n.id));
  const nodes = told.nodes.filter((n) => !twice.has(n.id)).map((n) => ({ ...n, absent: n.absent && isLookedAt(n.id, id) }));
  return { edges: [...edges.filter((e) => !twice.has(e.from) && !twice.has(e.to)), ...live.values()], nodes: [...nodes, ...more] };
}

// The server looks at the workload's namespace: that something of another one isn't among what it found says nothing.
const isLookedAt = (id: string, from: string) => namespaceOf(id) === namespaceOf(from);
const namespaceOf = (id: string) => /^\S+ ([^/]+)\//.exec(id)?.[1] ?? "";

function nearest(id: string, edges: readonly Edge[]): { nodes: GraphNode[]; edges: Edge[] } {
  const ids = [...new Set([id, ...edges.flatMap((e) => [e.from, e.to])])];
  return { edges: [...edges], nodes: ids.map((one) => ({ id: one, name: one.slice(one.indexOf(" ") + 1), class: one.startsWith("host ") ? "outside" : "workload", absent: false })) };
}

function Drawing({ focus, nodes, edges }: { focus: string; nodes: GraphNode[]; edges: Edge[] }) {
  const layout = useLayout(focus, nodes, edges);
  const byId = new Map(nodes.map((n) => [n.id, n]));
  const [near, setNear] = useState("");
  if (!layout) return <div class="graph-wait" aria-busy="true" />;
  const absent = nodes.filter((n) => n.absent);
  return (
    <>
      <div class="graph-box" tabIndex={0} role="region" aria-label="Neighbourhood graph">
        <svg class={`graph${near ? " has-near" : ""}`} width={layout.width} height={layout.height} viewBox={`0 0 ${layout.width} ${layout.height}`}>
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
              <path d="M0 .8 7 4 0 7.2z" />
            </marker>
          </defs>
          {layout.paths.map(({ edge, d }) => {
            const e = edges[edge]!;
            return (
              <path key={edge} class={`edge${isDashed(e) ? " dashed" : ""}${near === e.from || near === e.to ? " near" : ""}`} d={d} marker-end="url(#arrow)">
                <title>{edgeText(e)}</title>
              </path>
            );
          })}
          {layout.places.map((p) => (
            <NodeBox key={p.id} node={byId.get(p.id)!} x={p.x} y={p.y} focus={p.id === focus} over={(on) => setNear(on ? p.id : "")} />
          ))}
        </svg>
      </div>
      <p class="graph-legend soft">
        <svg width="26" height="8" aria-hidden="true">
          <path class="edge" d="M0 4h26" />
        </svg>{" "}
        declared
        <svg width="26" height="8" aria-hidden="true">
          <path class="edge dashed" d="M0 4h26" />
        </svg>{" "}
        observed, or may call
        {absent.length > 0 && <span class="ink-drift">∅ {many(absent.length, "is", "are")} named but not there: {absent.slice(0, 4).map((n) => n.name).join(", ")}</span>}
      </p>
      <ul class="sr">
        {edges.map((e, i) => (
          <li key={i}>{edgeText(e)}</li>
        ))}
      </ul>
    </>
  );
}

function NodeBox({ node, x, y, focus, over }: { node: GraphNode; x: number; y: number; focus: boolean; over: (on: boolean) => void }) {
  const w = row("workloads", node.id);
  const status = w && (w.health === "healthy" || w.health === "unknown" ? syncOf(w.sync) : healthOf(w.health));
  const outside = node.id.startsWith("host ") || node.class === "outside";
  const label = cut(outside ? node.name : shortName(node, w));
  const box = (
    <g class={`node-box${focus ? " focus" : ""}${node.absent ? " absent" : ""}${outside ? " outside" : ""}`} transform={`translate(${x - nodeWidth / 2} ${y - nodeHeight / 2})`} onMouseEnter={() => over(true)} onMouseLeave={() => over(false)}>
      <title>{`${node.id}${node.absent ? ": it is named, but not there" : outside ? ": outside of the cluster" : w ? `: ${healthOf(w.health).word}, ${syncOf(w.sync).word}` : ""}`}</title>
      <rect width={nodeWidth} height={nodeHeight} rx="7" />
      <text class={`node-mark ink-${node.absent ? "drift" : (status?.tone ?? "plain")}`} x="12" y="21">
        {node.absent ? "∅" : outside ? "↗" : (status?.shape ?? classes[node.class] ?? "·")}
      </text>
      <text x="28" y="21">
        {label}
      </text>
    </g>
  );
  if (!w || focus) return box;
  const to = { selection: node.id, options: {} };
  return (
    <a
      href={href(to)}
      onFocus={() => over(true)}
      onBlur={() => over(false)}
      onClick={(e: MouseEvent) => {
        if (e.metaKey || e.ctrlKey || e.shiftKey) return;
        e.preventDefault();
        go(to);
      }}
    >
      {box}
    </a>
  );
}

function useLayout(focus: string, nodes: GraphNode[], edges: Edge[]): Layout | undefined {
  const few = nodes.length <= small;
  const columns = useMemo(() => (few ? columnLayout(focus, nodes, edges) : undefined), [focus, nodes, edges]);
  const [far, setFar] = useState<{ of: GraphNode[]; layout: Layout }>();
  useEffect(() => {
    if (few) return;
    let current = true;
    void layered(nodes, edges).then((layout) => current && setFar({ of: nodes, layout }));
    return () => void (current = false);
  }, [focus, nodes, edges]);
  return columns ?? far?.layout;
}

// The marks of what is no workload.
const classes: Record<string, string> = { service: "○", route: "⇥", config: "▤", claim: "▥", account: "◉", policy: "▽" };

const isDashed = (e: Edge) => e.observed || e.relation === "may call";
const edgeText = (e: Edge) => `${nameOf(e.from)} ${e.relation} ${nameOf(e.to)}${e.by ? ` (${e.by})` : ""}${e.observed ? `, observed${e.rate > 0 ? `: ${e.rate} requests a second` : ""}` : ""}`;
const shortName = (node: GraphNode, w: Workload | undefined) => (w ? `${w.namespace} / ${w.name}` : node.name.replace("/", " / "));
const longest = 23;
const cut = (text: string) => ([...text].length > longest ? `${[...text].slice(0, longest - 1).join("")}…` : text);

