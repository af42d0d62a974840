// How everything scores by the practices: namespaces against categories, what falls short, and the practice's own words.

import { useMemo } from "preact/hooks";
import type { Application, Finding } from "../../api";
import { leaves, matching, matchingIds, rows } from "../../store";
import { Bar, Button, Empty, Seg, Stage } from "../../ui";
import { go, option, place, query, setOption } from "../../url";
import { many } from "../../words";
import { Doc } from "./Doc";
import { Findings } from "./Findings";
import { heatOf } from "./heat";
import { HeatTable } from "./HeatTable";
import "./practices.css";

// The chapters of the catalogue, in its order.
export const categories = ["Building containers", "Container internals", "Deployments", "Services", "Application architecture", "Lessons from running it"];

const severities = ["", "error", "warning", "info"] as const;

export default function PracticesLens() {
  const all = rows("findings").filter(leaves);
  const names = namesOf();
  const heat = useMemo(() => heatOf(all, names, categories), [all, names]);
  const shown = all.filter(isChosen);
  const applications = rows("applications").filter((a) => leaves({ app: a.id }));
  const judged = new Set(applications.filter((a) => a.score >= 0).map((a) => a.id));
  const unlisted = applications.reduce((sum, a) => sum + a.errors + a.warnings + a.infos, 0) - all.length;
  const known = new Set([...matching.value.filter((w) => judged.has(w.app)), ...all].map((one) => one.namespace));
  if (all.length === 0 && names.length === 0) return <Nothing />;
  return (
    <Stage class="practices-lens">
      <Bar title={title(all)} note={scoreOf(rows("applications"))}>
        <Seg
          label="Severity"
          hideLabel
          value={severities.find((s) => s === option("severity")) ?? ""}
          onChange={(value) => setOption("severity", value)}
          choices={[
            { value: "", label: "All" },
            { value: "error", label: "Errors" },
            { value: "warning", label: "Warnings" },
            { value: "info", label: "Advice" },
          ]}
        />
      </Bar>
      {judged.size === 0 && all.length === 0 && <p class="soft">Nothing is judged yet: a score comes with each sync.</p>}
      <HeatTable heat={heat} judged={known} />
      <Chosen n={shown.length} />
      {unlisted > 0 && <p class="soft practices-more">The applications count {many(unlisted, "finding")} more than they list. All of them: <code class="type">fairlead check --cluster</code></p>}
      <div class={`practices-split${option("practice") ? " with-doc" : ""}`}>
        {(all.length > 0 || option("practice") === "") && <Findings findings={shown} />}
        {option("practice") && <Doc id={option("practice")} />}
      </div>
    </Stage>
  );
}

// Namespaces that have workloads in the query: they are told even when nothing is found in them.
function namesOf(): readonly string[] {
  void matchingIds.value;
  return [...new Set(matching.value.map((w) => w.namespace))];
}

function isChosen(f: Finding): boolean {
  const [ns, category, severity] = [option("ns"), option("category"), option("severity")];
  return (ns === "" || f.namespace === ns) && (category === "" || f.category === category) && (severity === "" || f.severity === severity);
}

function title(all: readonly Finding[]): string {
  if (all.length === 0) return "No finding is listed";
  const n = (s: string) => all.filter((f) => f.severity === s).length;
  return `${many(n("error"), "error")}, ${many(n("warning"), "warning")}, ${n("info")} advice`;
}

function scoreOf(applications: readonly Application[]): string {
  const scored = applications.filter((a) => a.score >= 0 && leaves({ app: a.id }));
  if (scored.length === 0) return "";
  const lowest = scored.reduce((low, a) => (a.score < low.score ? a : low));
  const mean = Math.round(scored.reduce((sum, a) => sum + a.score, 0) / scored.length);
  return `score ${mean} over ${many(scored.length, "application")}; the lowest is ${lowest.id} with ${lowest.score}`;
}

function Chosen({ n }: { n: number }) {
  const chosen = [option("ns"), option("category")].filter((s) => s !== "");
  if (chosen.length === 0) return null;
  return (
    <p class="practices-chosen">
      {many(n, "finding")} in <b>{chosen.join(" · ")}</b>
      <Button quiet onClick={() => go({ options: { ...place.value.options, ns: "", category: "" } }, true)}>
        ✕ show all
      </Button>
    </p>
  );
}

function Nothing() {
  return (
    <Stage>
      <Bar title="Practices" />
      {query.value !== "" && rows("workloads").length > 0 ? (
        <Empty title="No workload matches the query" why="The practices are told of what the query leaves." type="ns:*" />
      ) : (
        <Empty title="Nothing to judge yet" why="Each Application is judged by the practices when it is synced. The same from files, before anything is delivered:" type="fairlead check PATH" />
      )}
    </Stage>
  );
}
