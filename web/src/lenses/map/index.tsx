import { useMemo } from "preact/hooks";

import type { Workload } from "../../api";
import { about, matching, minute, needsPerson, parsed, row, rows } from "../../store";
import { go, option, query, setOption } from "../../url";
import { Bar, Button, Empty, Go, Pick, Seg } from "../../ui";
import { count, many } from "../../words";
import { legend, modes, type Mode } from "./colour";
import { groupBy, groupings, type Grouping } from "./groups";
import { Rows } from "./Rows";
import { Strip } from "./Strip";
import { Tiles } from "./Tiles";
import "./map.css";

const modeChoices = (Object.keys(modes) as Mode[]).map((value) => ({ value, label: modes[value].title }));
const groupChoices = (Object.keys(groupings) as Grouping[]).map((value) => ({ value, label: groupings[value] }));
const viewChoices = [
  { value: "tiles", label: "Tiles" },
  { value: "table", label: "Table" },
] as const;

/** What runs where, and where trouble is. */
export function MapLens() {
  const mode = Object.hasOwn(modes, option("colour")) ? (option("colour") as Mode) : "sync";
  const by = Object.hasOwn(groupings, option("group")) ? (option("group") as Grouping) : "namespace";
  const table = option("view") === "table";
  const shown = matching.value;
  const applications = rows("applications");
  const images = rows("images");
  const followed = useMemo(() => new Set(mode === "images" ? images.filter((one) => one.policy).flatMap((one) => one.workloads ?? []) : []), [mode, images]);
  const groups = useMemo(() => groupBy(shown, by, (app) => row("applications", app)?.repo ?? ""), [shown, by, by === "source" && applications]);
  const at = mode === "changed" ? minute.value * 60 : 0;
  const { marks, lines } = useMemo(() => {
    const context = { now: at, followed };
    const of = new Map(shown.map((one) => [one, modes[mode].of(one, context)]));
    return { marks: groups.flatMap((group) => group.rows.map((one) => of.get(one)!)), lines: legend([...of.values()]) };
  }, [shown, groups, mode, at, followed]);
  const trouble = useMemo(() => shown.filter(needsPerson).length, [shown]);
  return (
    <div class="stage map">
      <Bar
        title={
          <>
            {many(shown.length, "workload")}
            {trouble > 0 && trouble < shown.length && (
              <>
                , <Go to={{ query: `${query.value.trim()} is:bad`.trim() }}>{`${count(trouble)} ${trouble === 1 ? "needs" : "need"} a person`}</Go>
              </>
            )}
          </>
        }
      >
        {!table && (
          <>
            <Seg label="colour" hideLabel choices={modeChoices} value={mode} onChange={(value) => setOption("colour", value === "sync" ? "" : value)} />
            <Pick label="by" choices={groupChoices} value={by} onChange={(value) => setOption("group", value === "namespace" ? "" : value)} />
          </>
        )}
        <Seg label="view" hideLabel choices={viewChoices} value={table ? "table" : "tiles"} onChange={(value) => setOption("view", value === "table" ? value : "")} />
      </Bar>
      {shown.length === 0 && <Nothing />}
      {table ? <Rows shown={shown} /> : <Tiles groups={groups} marks={marks} text={mode === "score" ? scoreText : noText} />}
      {shown.length > 0 && !table && (
        <ul class="legend" aria-label="What the colours mean">
          {lines.map(({ mark, n }) => (
            <li key={mark.key}>
              <i class={`tile ${mark.tone}`} aria-hidden="true">
                {mark.tone === "unknown" ? "" : mark.shape}
              </i>
              {mark.word} <b>{count(n)}</b>
            </li>
          ))}
        </ul>
      )}
      <Strip />
    </div>
  );
}

const noText = (): string => "";
const scoreText = (one: Workload): string => (one.score < 0 ? "" : String(one.score));

/** Why there is nothing, and what to do. */
function Nothing() {
  const unseen = about.value?.unseen ?? [];
  if (query.value || option("span"))
    return (
      <Empty title="Nothing is left" why={parsed.value.error ? parsed.value.error.message : "No workload is what the query says."}>
        <Button onClick={() => go({ query: "", options: {} })}>Show everything</Button>
      </Empty>
    );
  if (unseen.some((one) => one.table === "workloads")) return <Empty title="You may not see workloads here" why={unseen.find((one) => one.table === "workloads")!.why} type="kubectl auth can-i --list" />;
  return <Empty title="Nothing runs here yet" why="Workloads are shown as soon as the cluster has some that you may see. To deliver the first from git:" type="fairlead adopt --help" />;
}
