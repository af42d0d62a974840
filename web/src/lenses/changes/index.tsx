// What was delivered when, by whom and why: a timeline of releases, one application's state above it, and any two points compared.

import { useState } from "preact/hooks";
import type { Release } from "../../api";
import { leaves, minute, now, rows } from "../../store";
import { Bar, Button, Empty, Go, Seg, Stage } from "../../ui";
import { option, setOption } from "../../url";
import { many } from "../../words";
import { ApplicationHead } from "./ApplicationHead";
import { Compare } from "./Compare";
import { ReleaseRow } from "./ReleaseRow";
import { byDay, sortOf } from "./timeline";
import "./changes.css";

const step = 60;
const kinds = ["", "commit", "automation", "rollback", "drift", "refused", "failed"] as const;
type Kind = (typeof kinds)[number];
const labels: Record<Kind, string> = { "": "All", commit: "Commits", automation: "Automation", rollback: "Rollbacks", drift: "Drift", refused: "Refused", failed: "Failed" };

export default function ChangesLens() {
  const [most, setMost] = useState(step);
  const app = option("app");
  const kind = kinds.find((k) => k === option("kind")) ?? "";
  const inQuery = rows("releases").filter((r) => (app === "" ? leaves({ app: r.app }) : r.app === app));
  const all = inQuery.filter((r) => isOf(r, kind));
  void minute.value; // days turn
  const days = byDay(newest(all, most), (r) => r.started, now());
  return (
    <Stage class="changes-lens">
      <Bar title={title(inQuery, app)} note={app !== "" && <Go to={{ options: {} }}>all applications</Go>}>
        <Seg label="Kind" hideLabel value={kind} onChange={(value) => setOption("kind", value)} choices={kinds.map((k) => ({ value: k, label: labels[k] }))} />
      </Bar>
      {app !== "" && <ApplicationHead id={app} />}
      {option("from") !== "" && <Compare app={app} />}
      {all.length === 0 && <NoReleases some={inQuery.length} kind={labels[kind]} />}
      {days.map((day) => (
        <section key={day.key} class="day">
          <h2>
            {day.title} <span class="soft">{day.items.length}</span>
          </h2>
          <ol>
            {day.items.map((r) => (
              <ReleaseRow key={r.id} release={r} withApp={app === ""} open={option("release") === r.id} />
            ))}
          </ol>
        </section>
      ))}
      {all.length > most && <Button onClick={() => setMost(most + step)}>Show {Math.min(step, all.length - most)} more</Button>}
    </Stage>
  );
}

const newest = (all: readonly Release[], most: number) => all.slice().sort((a, b) => b.started - a.started).slice(0, most);

function isOf(r: Release, kind: Kind): boolean {
  if (kind === "") return true;
  if (kind === "failed") return r.result === "Degraded" || r.result === "Partial";
  if (kind === "refused") return sortOf(r).word === "refused";
  return r.cause === kind;
}

function title(all: readonly Release[], app: string): string {
  const day = all.filter((r) => r.started > now() - 86400).length;
  return `${many(all.length, "release")}${app === "" ? "" : ` of ${app}`}${all.length > 0 ? `, ${day} in the last 24 h` : ""}`;
}

function NoReleases({ some, kind }: { some: number; kind: string }) {
  if (some > 0) return <Empty title={`None of the ${some} releases is of “${kind}”`} why="Choose “All” to see them." />;
  if (rows("releases").length > 0) return <Empty title="No release matches" why={`${many(rows("releases").length, "release")} outside of the query.`} />;
  return <Empty title="Nothing was delivered yet" why="Each sync of an Application leaves a Release here: what was changed, by whose commit, and how long it took." type="fairlead sync NAME" />;
}
