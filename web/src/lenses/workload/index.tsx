// Everything on one workload: how it is in a sentence, then where it runs, what it depends on, what changed, and its logs.

import type { Workload, WorkloadDetail } from "../../api";
import { matching, needsPerson, row, rows } from "../../store";
import { Bar, Empty, ErrorNote, Go, Name, Stage, StatusTag, Tag, useDetail } from "../../ui";
import { go, option, place, query, selection } from "../../url";
import { ago, healthOf, many, nameOf, syncOf } from "../../words";
import { Acts } from "./Acts";
import { useCalm } from "./calm";
import { Events } from "./Events";
import { Manifest } from "./Manifest";
import { Overview } from "./Overview";
import { PodLogs } from "./PodLogs";
import { verdict } from "./verdict";
import "./workload.css";

const tabs = [
  ["", "Overview"],
  ["diff", "Diff"],
  ["logs", "Logs"],
  ["events", "Events"],
  ["manifest", "Manifest"],
] as const;

export default function WorkloadLens() {
  const id = selection.value;
  if (id === "") return <Choose />;
  const workload = row("workloads", id);
  return workload ? <One key={id} workload={workload} /> : <Gone id={id} />;
}

function One({ workload: w }: { workload: Workload }) {
  const detail = useDetail<WorkloadDetail>(`workloads/${encodeURIComponent(w.id)}`, useCalm(w));
  const tab = tabs.find(([key]) => key === option("tab"))?.[0] ?? "";
  return (
    <Stage class="workload-lens">
      <Head workload={w} withDrift={tab !== ""} />
      <Verdict workload={w} />
      {detail.error && <ErrorNote error={detail.error} again={detail.again} {...(detail.at ? { since: detail.at } : {})} />}
      {detail.data?.unseen?.length ? <p class="soft workload-unseen">Not shown: {detail.data.unseen.map((u) => `${u.what} (${u.why})`).join(", ")}.</p> : null}
      <Tabs tab={tab} />
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} class={`tab-panel tab-${tab || "overview"}`}>
        {tab === "" && <Overview workload={w} detail={detail.data} />}
        {tab === "diff" && <Manifest.Diff workload={w} />}
        {tab === "logs" && <PodLogs workload={w} pods={detail.data?.pods} />}
        {tab === "events" && <Events workload={w} />}
        {tab === "manifest" && <Manifest.Yaml detail={detail.data} />}
      </div>
    </Stage>
  );
}

const Head = ({ workload: w, withDrift }: { workload: Workload; withDrift: boolean }) => (
  <Bar
    title={
      <>
        <Name>{w.namespace}</Name> / <Name>{w.name}</Name>
      </>
    }
    note={
      <>
        {w.kind}
        {w.app !== "" && (
          <>
            {" "}
            · application <Go to={{ lens: "changes", options: { app: w.app } }}>{row("applications", w.app)?.name ?? w.app}</Go>
          </>
        )}
      </>
    }
  >
    <Acts workload={w} withDrift={withDrift} />
  </Bar>
);

function Verdict({ workload: w }: { workload: Workload }) {
  const drift = rows("drift").filter((d) => d.object === w.id && !d.reverted);
  const pieces = verdict({ workload: w, app: row("applications", w.app), drift }, ago);
  return (
    <div class="workload-verdict">
      <p class="verdict">{pieces.map((p, i) => (p.strong ? <b key={i}>{p.text}</b> : p.code ? <code key={i}>{p.text}</code> : p.text))}</p>
      <p class="workload-tags">
        <StatusTag of={syncOf(w.sync)} />
        <StatusTag of={healthOf(w.health)} />
        {w.score >= 0 && (
          <Tag tone="plain" title="score by the practices, of 100">
            score {w.score}
          </Tag>
        )}
      </p>
    </div>
  );
}

function Tabs({ tab }: { tab: string }) {
  const at = tabs.findIndex(([key]) => key === tab);
  const to = (n: number) => {
    const [key] = tabs[(n + tabs.length) % tabs.length]!;
    go({ options: { ...place.value.options, tab: key } }, true);
    requestAnimationFrame(() => document.getElementById(`tab-${key}`)?.focus());
  };
  const onKey = (e: KeyboardEvent) => {
    if (e.key === "ArrowRight") to(at + 1);
    else if (e.key === "ArrowLeft") to(at - 1);
    else return;
    e.preventDefault();
  };
  return (
    <div class="tabs" role="tablist" aria-label="What of it" onKeyDown={onKey}>
      {tabs.map(([key, title]) => (
        <button
          key={key}
          id={`tab-${key}`}
          type="button"
          role="tab"
          aria-selected={key === tab}
          aria-controls="tab-panel"
          tabIndex={key === tab ? 0 : -1}
          onClick={() => go({ options: { ...place.value.options, tab: key } })}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

const shownBad = 30;

/** Nothing is selected: what needs a person is offered. */
function Choose() {
  const bad = matching.value.filter(needsPerson);
  const some = bad.length > 0 ? bad : matching.value;
  return (
    <Stage>
      <Bar title="Choose a workload" note={bad.length > 0 ? `${many(bad.length, "needs", "need")} a person` : undefined} />
      {some.length === 0 ? (
        <Empty title={query.value === "" ? "There is no workload yet" : "No workload matches the query"} why={query.value === "" ? "Deliver something, and it is here within the second:" : "Take a word out of it, or ask for everything."} {...(query.value === "" ? { type: "fairlead sync NAME" } : {})} />
      ) : (
        <ul class="choose card">
          {some.slice(0, shownBad).map((w) => (
            <li key={w.id}>
              <StatusTag of={w.health === "degraded" || w.health === "missing" ? healthOf(w.health) : syncOf(w.sync)} />
              <Go to={{ lens: "workload", selection: w.id }}>
                <Name>{nameOf(w.id)}</Name>
              </Go>
              <span class="soft">{w.kind}</span>
              <span class="soft cut">{w.why}</span>
            </li>
          ))}
        </ul>
      )}
      {some.length > shownBad && <p class="soft">and {many(some.length - shownBad, "more", "more")}: type in the query to find one</p>}
    </Stage>
  );
}

const Gone = ({ id }: { id: string }) => (
  <Stage>
    <Bar title={nameOf(id)} />
    <Empty title="There is no such workload" why="It was removed since this link was made, or you may not see it. What is there now:" type={`name:${id.slice(id.lastIndexOf("/") + 1)}`} />
  </Stage>
);
