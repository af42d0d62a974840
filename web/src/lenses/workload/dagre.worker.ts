// Larger neighbourhoods are laid out by dagre, off the page's own thread.
import { graphlib, layout } from "@dagrejs/dagre";
import { nodeHeight, nodeWidth, paths, type Layout, type LayoutEdge, type LayoutNode, type Place } from "./layout";

export interface LayoutRequest {
  id: number;
  nodes: LayoutNode[];
  edges: LayoutEdge[];
}

export interface LayoutAnswer {
  id: number;
  layout: Layout;
}

onmessage = (message: MessageEvent<LayoutRequest>) => {
  const { id, nodes, edges } = message.data;
  postMessage({ id, layout: layered(nodes, edges) } satisfies LayoutAnswer);
};

function layered(nodes: LayoutNode[], edges: LayoutEdge[]): Layout {
  const g = new graphlib.Graph().setGraph({ rankdir: "LR", nodesep: 12, ranksep: 84, marginx: 6, marginy: 6 }).setDefaultEdgeLabel(() => ({}));
  for (const n of nodes) g.setNode(n.id, { width: nodeWidth, height: nodeHeight });
  for (const e of edges) if (g.hasNode(e.from) && g.hasNode(e.to)) g.setEdge(e.from, e.to);
  layout(g);
  const places: Place[] = nodes.map((n) => {
    const at = g.node(n.id) as { x: number; y: number };
    return { id: n.id, x: at.x, y: at.y };
  });
  const size = g.graph() as { width?: number; height?: number };
  return { width: size.width ?? 0, height: size.height ?? 0, places, paths: paths(edges, new Map(places.map((p) => [p.id, p])), (size.height ?? 0) / 2) };
}
