import { untracked } from "@preact/signals";
import { useState } from "preact/hooks";
import { ask } from "../../actions";
import type { Finding } from "../../api";
import { now, row } from "../../store";
import { Button, Code, Empty, Go, Name, Tag } from "../../ui";
import { go, option, place } from "../../url";
import { many, type Tone } from "../../words";
import { Spans } from "./Prose";
import { byPractice, type PracticeGroup } from "./heat";

const severityTag: Record<string, { tone: Tone; shape: string }> = {
  error: { tone: "bad", shape: "✕" },
  warning: { tone: "drift", shape: "△" },
  info: { tone: "plain", shape: "·" },
};

const step = 12;

// A day as YYYY-MM-DD.
const inDays = (days: number) => new Date((now() + days * 86400) * 1000).toISOString().slice(0, 10);

/** Findings by practice, failing first. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) return <Empty title="Nothing falls short here" why="Every practice that was judged holds." />;
  return (
    <div class="findings">
      {byPractice(findings).map((g) => (
        <Group key={g.practice} group={g} />
      ))}
    </div>
  );
}

function Group({ group: g }: { group: PracticeGroup }) {
  const [most, setMost] = useState(step);
  const on = option("practice") === g.practice;
  return (
    <section class={`card finding-group${on ? " on" : ""}`} aria-label={g.practice}>
      <div class="card-head">
        <SeverityTag severity={g.severity} />
        <b>{g.practice}</b>
        <span class="soft">{many(g.findings.length, "place")}</span>
        <span class="grow" />
        <Button quiet aria-expanded={on} onClick={() => go({ options: { ...place.value.options, practice: on ? "" : g.practice } }, true)}>
          Why and how
        </Button>
      </div>
      <ul>
        {g.findings.slice(0, most).map((f) => (
          <FindingRow key={f.id} finding={f} />
        ))}
      </ul>
      {g.findings.length > most && (
        <div class="card-foot">
          <Button quiet onClick={() => setMost(most + 50)}>
            Show {Math.min(50, g.findings.length - most)} more
          </Button>
        </div>
      )}
    </section>
  );
}

/** One place that falls short. */
export function FindingRow({ finding: f, withPractice }: { finding: Finding; withPractice?: boolean }) {
  return (
    <li class="finding">
      <div class="finding-main">
        {withPractice ? (
          <>
            <SeverityTag severity={f.severity} /> <Go to={{ lens: "practices", options: { practice: f.practice } }}>{f.practice}</Go>{" "}
          </>
        ) : (
          <>
            <ObjectLink finding={f} />{" "}
          </>
        )}
        <span><Spans text={f.message} /></span>
        {f.fix && <p class="soft finding-fix">→ <Spans text={f.fix} /></p>}
      </div>
      <div class="finding-end">
        {f.where && <Code>{f.where}</Code>}
        {f.app && (
          <Button quiet title="Let this be, for a reason and until a day" onClick={() => ask({ verb: "exception", application: f.app, objects: [f.object], field: f.field, to: f.practice, until: inDays(90) })}>
            Exception…
          </Button>
        )}
      </div>
    </li>
  );
}

function ObjectLink({ finding: f }: { finding: Finding }) {
  const name = (
    <>
      {f.namespace && (
        <>
          <Name>{f.namespace}</Name> /{" "}
        </>
      )}
      <Name>{f.name || f.object}</Name>
    </>
  );
  return untracked(() => row("workloads", f.object)) ? (
    <Go to={{ lens: "workload", selection: f.object, options: {} }} class="strong-link">
      {name}
    </Go>
  ) : (
    <b>{name}</b>
  );
}

export function SeverityTag({ severity }: { severity: string }) {
  const tag = severityTag[severity] ?? { tone: "unknown" as const, shape: "?" };
  return (
    <Tag tone={tag.tone} shape={tag.shape}>
      {severity === "info" ? "advice" : severity}
    </Tag>
  );
}
