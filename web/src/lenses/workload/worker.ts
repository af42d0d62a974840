// The page's side of the layout worker: one is started when it is first needed, and answers in the order of its questions.
import type { LayoutAnswer, LayoutRequest } from "./dagre.worker";
import { columnLayout, type Layout, type LayoutEdge, type LayoutNode } from "./layout";

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, (layout: Layout) => void>();

/** The layout of a larger neighbourhood. Where no worker can be had it is laid out in columns, from the first node. */
export function layered(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Promise<Layout> {
  const plain = { nodes: nodes.map(({ id, name }) => ({ id, name })), edges: edges.map(({ from, to }) => ({ from, to })) };
  return new Promise((resolve) => {
    const fallback = () => resolve(columnLayout(plain.nodes[0]?.id ?? "", plain.nodes, plain.edges));
    try {
      worker ??= start();
    } catch {
      return fallback();
    }
    const id = ++last;
    waiting.set(id, resolve);
    worker.addEventListener("error", fallback, { once: true });
    worker.postMessage({ id, ...plain } satisfies LayoutRequest);
  });
}

function start(): Worker {
  const made = new Worker(new URL("./dagre.worker.ts", import.meta.url), { type: "module" });
  made.onmessage = (message: MessageEvent<LayoutAnswer>) => {
    waiting.get(message.data.id)?.(message.data.layout);
    waiting.delete(message.data.id);
  };
  return made;
}
