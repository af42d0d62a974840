import { ask } from "../actions";
import type { Edge, Workload } from "../api";
import { row, rows } from "../store";
import { go, selection } from "../url";
import { Button, Code, Go, Name, Row, Section, StatusTag, Tag, Time } from "../ui";
import { verdict } from "../lenses/workload/verdict";
import { ago, healthOf, many, nameOf, syncOf } from "../words";

/** The selected workload in short, beside every lens. */
export function Side({ id }: { id: string }) {
  const workload = row("workloads", id);
  return (
    <aside aria-label="Selection">
      <Button quiet class="close" aria-label="Select nothing" onClick={() => go({ selection: "" })}>
        ✕
      </Button>
      {workload ? <Short of={workload} /> : <Absent id={id} />}
    </aside>
  );
}

const Absent = ({ id }: { id: string }) => (
  <>
    <h2>
      <Name>{nameOf(id)}</Name>
    </h2>
    <p class="soft">There is no such workload, or you may not see it. It may have been removed since the link was made.</p>
  </>
);

function Short({ of }: { of: Workload }) {
  const app = row("applications", of.app);
  const edges = rows("edges");
  const uses = edges.filter((edge) => edge.from === of.id);
  const used = edges.filter((edge) => edge.to === of.id);
  const drift = rows("drift").filter((one) => one.object === of.id && !one.reverted);
  const drifted = of.sync === "drifted";
  return (
    <>
      <h2>
        <Name>
          {of.namespace} / {of.name}
        </Name>
      </h2>
      <p class="side-kind">
        {of.kind} · {of.app ? <>application <Go to={{ lens: "changes", options: { app: of.app } }}><Name>{app?.name ?? of.app}</Name></Go></> : "no application"}
      </p>
      <p class="side-tags">
        <StatusTag of={syncOf(of.sync)}>{drifted ? `drift, ${many(of.drift, "field")}` : syncOf(of.sync).word}</StatusTag>
        <StatusTag of={healthOf(of.health)}>
          {healthOf(of.health).word} {of.desired > 0 ? `${of.ready}/${of.desired}` : ""}
        </StatusTag>
        {of.newer && (
          <Tag tone="new" shape="↑">
            {of.newer.slice(0, 60)}
          </Tag>
        )}
      </p>
      <p class="verdict">
        {verdict({ workload: of, app, drift }, ago).map((piece, i) => (piece.strong ? <b key={i}>{piece.text}</b> : piece.code ? <Code key={i}>{piece.text}</Code> : <span key={i}>{piece.text}</span>))}
      </p>
      <Section title="Runs">
        {of.nodes?.length ? <Row end={many(podsOn(of.nodes), "pod")}>{nodesOf(of.nodes)}</Row> : <Row>on no node</Row>}
        {of.images?.map((image) => (
          <Row key={image}>
            <Code>{image}</Code>
          </Row>
        ))}
        {of.restarts > 0 && <Row end={many(of.restarts, "time")}>restarted</Row>}
        <Row end={<Time at={of.changed} />}>last changed</Row>
        {of.score >= 0 && <Row end={`${of.score} of 100`}>practices</Row>}
      </Section>
      <Edges title="Depends on" edges={uses} end={(edge) => edge.to} />
      <Edges title="Used by" edges={used} end={(edge) => edge.from} />
      <div class="acts">
        {drifted && (
          <>
            <Button main onClick={() => ask({ verb: "revert", application: of.app, objects: [of.id] })}>
              Put git back
            </Button>
            <Button onClick={() => ask({ verb: "adopt", application: of.app, objects: [of.id] })}>Adopt into git…</Button>
          </>
        )}
        <Button main={!drifted} onClick={() => go({ lens: "workload", selection: selection.value })}>
          Open
        </Button>
      </div>
    </>
  );
}

const shownEdges = 8;

function Edges({ title, edges, end }: { title: string; edges: readonly Edge[]; end: (edge: Edge) => string }) {
  if (edges.length === 0) return null;
  return (
    <Section title={title}>
      {edges.slice(0, shownEdges).map((edge) => {
        const id = end(edge);
        const host = id.startsWith("host ");
        return (
          <Row key={edge.id} end={edge.observed && edge.rate ? `${edge.rate} req/s` : <span title={edge.by}>{edge.by}</span>}>
            {host ? <Name>{id.slice(5)}</Name> : <Go to={{ selection: id }}><Name>{nameOf(id)}</Name></Go>}
          </Row>
        );
      })}
      {edges.length > shownEdges && <p class="faint">and {edges.length - shownEdges} more</p>}
    </Section>
  );
}

const podsOn = (nodes: readonly string[]): number => nodes.reduce((sum, at) => sum + (Number(at.split(":")[1]) || 1), 0);
function nodesOf(nodes: readonly string[]): string {
  const names = nodes.map((at) => at.split(":")[0]!);
  return names.length <= 3 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}
