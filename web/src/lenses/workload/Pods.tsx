import type { Pod, Workload } from "../../api";
import { row } from "../../store";
import { Go, Name, Tag, Time } from "../../ui";
import { many } from "../../words";
import { podsByNode } from "./marks";

/** Pods by the node that they run on; until they are told, as many places as the live model counts. */
export function Pods({ workload: w, pods }: { workload: Workload; pods: Pod[] | null | undefined }) {
  if (pods === undefined) return <Expected workload={w} />;
  if (!pods || pods.length === 0) return <p class="soft">{w.desired === 0 ? "It is scaled to 0." : w.kind === "CronJob" ? "None until its next run." : "None runs."}</p>;
  return (
    <div class="nodes">
      {podsByNode(pods).map(([node, on]) => (
        <div class="node" key={node}>
          <NodeName name={node} n={on.length} />
          <ul>
            {on.map((p) => (
              <PodLine key={p.name} pod={p} workload={w} />
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}

function NodeName({ name, n }: { name: string; n: number }) {
  const node = row("nodes", name);
  return (
    <div class="node-name">
      {name === "" ? (
        <Tag tone="drift" shape="…">
          on no node yet
        </Tag>
      ) : (
        <>
          <Go to={{ lens: "map", query: `node:${name}`, options: { group: "node" } }}>
            <Name>{name}</Name>
          </Go>
          {node?.zone && <span class="soft"> {node.zone}</span>}
          {node && !node.ready && (
            <Tag tone="bad" shape="✕" title={node.why}>
              node not ready
            </Tag>
          )}
        </>
      )}
      <span class="soft">{many(n, "pod")}</span>
    </div>
  );
}

function PodLine({ pod: p, workload: w }: { pod: Pod; workload: Workload }) {
  const state = podState(p);
  return (
    <li class="pod">
      <Tag tone={state.tone} shape={state.shape}>
        {state.word}
      </Tag>
      <Go to={{ lens: "workload", selection: w.id, options: { tab: "logs", pod: p.name } }} class="pod-name" title={`Logs of ${p.name}${p.ip ? `\n${p.ip}` : ""}`}>
        <Name>{p.name}</Name>
      </Go>
      {p.restarts > 0 && <span class="ink-drift nowrap">↻ {many(p.restarts, "restart")}</span>}
      <span class="soft pod-since">
        <Time at={p.started} />
      </span>
      {(p.containers ?? []).some((c) => !c.ready && c.state !== "") && !p.ready && (
        <span class="pod-why soft">
          {(p.containers ?? [])
            .filter((c) => !c.ready)
            .map((c) => `${c.name}: ${c.state}`)
            .join("; ")}
        </span>
      )}
    </li>
  );
}

function podState(p: Pod) {
  if (p.ready) return { tone: "ok" as const, shape: "✓", word: "ready" };
  if (p.phase === "Succeeded") return { tone: "plain" as const, shape: "■", word: "finished" };
  if (p.why !== "") return { tone: "bad" as const, shape: "✕", word: p.why.length > 40 ? `${p.why.slice(0, 39)}…` : p.why };
  if (p.phase === "Pending") return { tone: "new" as const, shape: "◌", word: "starting" };
  return { tone: "bad" as const, shape: "✕", word: "not ready" };
}

const Expected = ({ workload: w }: { workload: Workload }) => (
  <div class="nodes" aria-busy="true">
    {w.nodes.map((at) => {
      const [node = "", n = "1"] = at.split(":");
      return (
        <div class="node" key={at}>
          <NodeName name={node} n={Number(n)} />
          <ul>
            {Array.from({ length: Math.min(50, Number(n)) }, (_, i) => (
              <li class="pod" key={i}>
                <span class="soft">…</span>
              </li>
            ))}
          </ul>
        </div>
      );
    })}
  </div>
);
