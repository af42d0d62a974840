import { Button, ErrorNote, useDetail } from "../../ui";
import { go, place } from "../../url";
import { Prose, Spans } from "./Prose";

// GET practices/{id}, as internal/check/guide writes it.
interface Practice {
  id: string;
  title: string;
  category: string;
  severity: string;
  leads: string;
  fix: string;
  text?: string;
  examples?: Example[];
}

interface Example {
  name: string;
  bad: boolean;
  files: { path: string; text: string }[];
  findings?: { message: string }[];
}

/** A practice in its own words, beside what breaks it. */
export function Doc({ id }: { id: string }) {
  const { data: p, error, again, at, loading } = useDetail<Practice>(`practices/${encodeURIComponent(id)}`);
  return (
    <section class="card practice-doc" aria-label={`Practice ${id}`} aria-busy={loading}>
      <div class="card-head">
        <h2>{p?.title ?? id}</h2>
        <span class="grow" />
        <Button quiet aria-label="Close" onClick={() => go({ options: { ...place.value.options, practice: "" } }, true)}>
          ✕
        </Button>
      </div>
      {error && <ErrorNote error={error} again={again} {...(at ? { since: at } : {})} />}
      {p && <Words practice={p} />}
    </section>
  );
}

function Words({ practice: p }: { practice: Practice }) {
  const examples = p.examples ?? [];
  const bad = examples.find((e) => e.bad);
  const good = examples.find((e) => !e.bad && e.files[0]?.path === bad?.files[0]?.path) ?? examples.find((e) => !e.bad);
  return (
    <div class="practice-words">
      <p class="soft">
        <code>{p.id}</code> · {p.category} · {p.severity}
      </p>
      {p.leads && (
        <p>
          <b>Breaking it:</b> <Spans text={p.leads} />.
        </p>
      )}
      {p.fix && (
        <p>
          <b>Mending it:</b> <Spans text={p.fix} />.
        </p>
      )}
      {p.text && <Prose text={p.text} />}
      {bad && <Shown example={bad} title="This breaks it" shape="✕" tone="ink-bad" />}
      {good && <Shown example={good} title="This holds" shape="✓" tone="ink-ok" />}
      <p class="soft">
        All examples, and the fix as a difference: <code class="type">fairlead explain {p.id}</code>, <code class="type">fairlead check --fix PATH</code>
      </p>
    </div>
  );
}

const Shown = ({ example: e, title, shape, tone }: { example: Example; title: string; shape: string; tone: string }) => (
  <section>
    <h3>
      <span class={tone} aria-hidden="true">
        {shape}
      </span>{" "}
      {title}
    </h3>
    {e.files.slice(0, 2).map((f) => (
      <pre key={f.path} tabIndex={0}>
        {f.text}
      </pre>
    ))}
    {e.findings?.[0] && <p class="soft">→ {e.findings[0].message}</p>}
  </section>
);
