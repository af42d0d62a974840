// What is out of step with git, who did it, and the three things that can be done about it.

import { useState } from "preact/hooks";
import { leaves, rows } from "../../store";
import { Bar, Button, Empty, Seg, Stage } from "../../ui";
import { option, query, setOption } from "../../url";
import { many } from "../../words";
import { DriftCard } from "./DriftCard";
import { groupDrift, headline } from "./inbox";
import "./drift.css";

const step = 40;

export default function DriftLens() {
  const [most, setMost] = useState(step);
  const by = option("by") === "application" ? "application" : "cause";
  const all = rows("drift").filter(leaves);
  let left = most;
  return (
    <Stage class="drift-lens">
      <Bar title={headline(all)}>
        <Seg
          label="Group"
          hideLabel
          value={by}
          onChange={(value) => setOption("by", value === "cause" ? "" : value)}
          choices={[
            { value: "cause", label: "By cause" },
            { value: "application", label: "By application" },
          ]}
        />
      </Bar>
      {all.length === 0 && <NothingDrifted />}
      {groupDrift(all, by).map((g) => {
        const shown = g.items.slice(0, Math.max(0, left));
        left -= shown.length;
        return (
          shown.length > 0 && (
            <section key={g.key} class="drift-group" aria-label={g.title}>
              <h2>
                {g.title} <span class="soft">{g.items.length}</span>
              </h2>
              {shown.map((d) => (
                <DriftCard key={d.id} drift={d} closed={g.key === "reverted" || g.items.length > 12} />
              ))}
            </section>
          )
        );
      })}
      {all.length > most && <Button onClick={() => setMost(most + step)}>Show {Math.min(step, all.length - most)} more</Button>}
    </Stage>
  );
}

function NothingDrifted() {
  if (query.value !== "" && rows("drift").length > 0) return <Empty title="None of what drifted matches the query" why={`${many(rows("drift").length, "object")} outside of it ${rows("drift").length === 1 ? "has" : "have"} drifted.`} type="drift:yes" />;
  if (rows("applications").length === 0) return <Empty title="No application, so no drift" why="Drift is what differs from git: it can be told of what an Application delivers." type="fairlead adopt --help" />;
  return <Empty title="Everything is as git has it" why="Each field that git sets is watched. To see it work, change one by hand:" type="kubectl -n NAMESPACE scale deployment NAME --replicas=7" />;
}
