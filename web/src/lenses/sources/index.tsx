// Whether delivery itself is well: repositories and what can't be rendered, notifiers, drift checks, and what the person may not see.

import type { ComponentChildren } from "preact";
import type { DriftCheck, Notifier, Source, SourceProblem } from "../../api";
import { about, rows } from "../../store";
import { Bar, Code, Empty, Name, Section, Stage, StatusTag, Tag, Time } from "../../ui";
import { many, safeLink, type Status } from "../../words";
import "./sources.css";

const well: Status = { tone: "ok", shape: "✓", word: "well" };
const failed = (word: string): Status => ({ tone: "bad", shape: "✕", word });

export default function SourcesLens() {
  const sources = rows("sources");
  const notifiers = rows("notifiers");
  const checks = rows("checks");
  return (
    <Stage class="sources-lens">
      <Bar title={headline(sources, notifiers, checks)} />
      {sources.length === 0 ? (
        <Empty title="No source yet" why="A source is where manifests live: a git repository, an OCI artifact, a Helm repository. It is here as soon as an Application names it." type="fairlead adopt --help" />
      ) : (
        bad(sources).map((s) => <SourceCard key={s.id} source={s} />)
      )}
      <Section title="Notifiers">
        {notifiers.length === 0 ? <None why="Nobody is told of anything yet: a Notifier sends drift, failures and rollbacks to Slack and others." type="kubectl explain notifier.spec" /> : <List items={notifiers.map((n) => ({ id: n.id, status: n.ready ? well : failed("failing"), name: `${n.namespace} / ${n.name}`, what: n.kind, why: n.why, end: null }))} />}
      </Section>
      <Section title="Drift checks">
        {checks.length === 0 ? (
          <None why="What Terraform, OpenTofu and Ansible have in git can be compared, too." type="kubectl explain driftcheck.spec" />
        ) : (
          <List
            items={checks.map((c) => ({
              id: c.id,
              status: !c.ready ? failed("failing") : c.drifted > 0 ? { tone: "drift" as const, shape: "◇", word: `${c.drifted} drifted` } : well,
              name: `${c.namespace} / ${c.name}`,
              what: "",
              why: c.why,
              end: c.checked > 0 ? <>checked <Time at={c.checked} /></> : "not checked yet",
            }))}
          />
        )}
      </Section>
      <Section title="What you may see">
        <Unseen />
      </Section>
    </Stage>
  );
}

function headline(sources: readonly Source[], notifiers: readonly Notifier[], checks: readonly DriftCheck[]): string {
  const trouble = sources.filter((s) => s.failed !== "" || s.problems.length > 0).length + notifiers.filter((n) => !n.ready).length + checks.filter((c) => !c.ready).length;
  return `${many(sources.length, "source")}, ${trouble === 0 ? "all well" : `${trouble} with trouble`}`;
}

const bad = (sources: readonly Source[]) => sources.slice().sort((a, b) => rank(a) - rank(b) || (a.url < b.url ? -1 : 1));
const rank = (s: Source) => (s.failed !== "" ? 0 : s.problems.length > 0 ? 1 : 2);

function SourceCard({ source: s }: { source: Source }) {
  const link = safeLink(s.url);
  const status: Status = s.failed !== "" ? failed("can't be fetched") : s.problems.length > 0 ? { tone: "drift", shape: "△", word: many(s.problems.length, "problem") } : well;
  return (
    <article class="card source" aria-label={s.url}>
      <div class="card-head">
        <StatusTag of={status} />
        <span class="source-url">
          {link ? (
            <a href={link} target="_blank" rel="noreferrer">
              <Name>{s.url}</Name>
            </a>
          ) : (
            <Name>{s.url}</Name>
          )}
        </span>
        <Tag tone="plain">{s.kind}</Tag>
        {s.ref && <Code>{s.ref}</Code>}
        <span class="grow" />
        <span class="soft source-end">
          {s.revision && <Code>{s.revision}</Code>} {s.fetched > 0 ? <>fetched <Time at={s.fetched} /> ·</> : s.revision ? "" : "not fetched yet ·"} {many(s.apps, "application")}
        </span>
      </div>
      {s.failed !== "" && (
        <p class="source-failed">
          <b class="ink-bad">✕ {s.failed}</b>
          {s.revision && <span class="soft"> What was fetched last, {s.revision}, still holds.</span>}
        </p>
      )}
      {s.problems.map((p, i) => (
        <Problem key={i} problem={p} />
      ))}
    </article>
  );
}

const Problem = ({ problem: p }: { problem: SourceProblem }) => (
  <div class="source-problem">
    <p>
      {p.where && <Code>{p.where}</Code>} {p.object && <Name>{p.object}</Name>} {(p.where || p.object) && "· "}
      {p.message}
    </p>
    {p.next && <p class="soft">→ {p.next}</p>}
  </div>
);

interface Item {
  id: string;
  status: Status;
  name: string;
  what: string;
  why: string;
  end: ComponentChildren;
}

const List = ({ items }: { items: Item[] }) => (
  <ul class="source-list">
    {items.map((i) => (
      <li key={i.id}>
        <StatusTag of={i.status} />
        <Name>{i.name}</Name> <span class="soft">{i.what}</span>
        <span class="source-why soft">{i.why}</span>
        <span class="soft nowrap">{i.end}</span>
      </li>
    ))}
  </ul>
);

const None = ({ why, type }: { why: string; type: string }) => (
  <p class="source-none soft">
    {why} <code class="type">{type}</code>
  </p>
);

function Unseen() {
  const unseen = about.value?.unseen ?? [];
  if (unseen.length === 0)
    return (
      <p class="source-none soft">
        <span class="ink-ok" aria-hidden="true">
          ✓
        </span>{" "}
        Your rights let you see every table of this page.
      </p>
    );
  return (
    <ul class="source-list">
      {unseen.map((u) => (
        <li key={u.table}>
          <Tag tone="unknown" shape="?">
            not shown
          </Tag>
          <b>{u.table}</b>
          <span class="source-why soft">{u.why}</span>
        </li>
      ))}
    </ul>
  );
}
