// How everything scores by the practices: namespaces against categories, what falls short, and the practice's own words.

import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Application, Finding } from "../../api";
import { leaves, matching, rows } from "../../store";
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

// Drawn anew when what they say changes, and not with each workload that does.
const found = computed(() => rows("findings").filter(leaves));
const applications = computed(() => rows("applications").filter((a) => leaves({ app: a.id })));
// Namespaces that have workloads in the query, told even when nothing is found in them, and whether they were judged: as one text, which is equal when they are.
const spaces = computed(() => {
  const scored = new Set(applications.value.filter((a) => a.score >= 0).map((a) => a.id));
  const judged = new Map<string, boolean>();
  for (const w of matching.value) judged.set(w.namespace, (judged.get(w.namespace) ?? false) || scored.has(w.app));
  for (const f of found.value) judged.set(f.namespace, true);
  return JSON.stringify([...judged]);
});

export default function PracticesLens() {
  const all = found.value;
  const judged = useMemo(() => new Map(JSON.parse(spaces.value) as [string, boolean][]), [spaces.value]);
  const heat = useMemo(() => heatOf(all, [...judged.keys()], categories), [all, judged]);
  const shown = all.filter(isChosen);
  const unlisted = applications.value.reduce((sum, a) => sum + a.errors + a.warnings + a.infos, 0) - all.length;
  if (judged.size === 0) return <Nothing />;
  return (
    <Stage class="practices-lens">
      <Bar title={title(all)} note={scoreOf(applications.value)}>
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
      {![...judged.values()].includes(true) && <p class="soft">Nothing is judged yet: a score comes with each sync.</p>}
      <HeatTable heat={heat} judged={judged} />
      <Chosen n={shown.length} />
      {unlisted > 0 && <p class="soft practices-more">The applications count {many(unlisted, "finding")} more than they list. All of them: <code class="type">fairlead check --cluster</code></p>}
      <div class={`practices-split${option("practice") ? " with-doc" : ""}`}>
        {(all.length > 0 || unlisted <= 0) && <Findings findings={shown} />}
        {option("practice") && <Doc id={option("practice")} />}
      </div>
    </Stage>
  );
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

function scoreOf(all: readonly Application[]): string {
  const scored = all.filter((a) => a.score >= 0);
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
