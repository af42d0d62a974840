import { Diff } from "../../diff/Diff";
import { textLines } from "../../diff/text";
import { Button, ErrorNote, useDetail } from "../../ui";
import { go, place } from "../../url";
import { Prose } from "./Prose";

// GET practices/{id}; why and exception are the prose of practice.md, bad and good are YAML.
interface Practice {
  id: string;
  title: string;
  category?: string;
  severity?: string;
  leads?: string;
  why?: string;
  fix?: string;
  bad?: string;
  good?: string;
  fixed?: string;
  exception?: string;
}

/** A practice in its own words, beside what breaks it. */
export function Doc({ id }: { id: string }) {
  const { data: p, error, again, at, loading } = useDetail<Practice>(`practices/${encodeURIComponent(id)}`);
  return (
    <aside class="card practice-doc" aria-label={`Practice ${id}`} aria-busy={loading}>
      <div class="card-head">
        <h2>{p?.title ?? id}</h2>
        <span class="grow" />
        <Button quiet aria-label="Close" onClick={() => go({ options: { ...place.value.options, practice: "" } }, true)}>
          ✕
        </Button>
      </div>
      {error && <ErrorNote error={error} again={again} {...(at ? { since: at } : {})} />}
      {p && <Words practice={p} />}
    </aside>
  );
}

function Words({ practice: p }: { practice: Practice }) {
  return (
    <div class="practice-words">
      <p class="soft">
        <code>{p.id}</code>
        {p.category && ` · ${p.category}`}
        {p.severity && ` · ${p.severity}`}
      </p>
      {p.leads && <p>Breaking it leads to this: {p.leads}.</p>}
      {p.why && <Prose text={p.why} />}
      {p.fix && (
        <>
          <h3>How to mend it</h3>
          <Prose text={p.fix} />
        </>
      )}
      {p.bad && p.good && (
        <>
          <h3>As a difference</h3>
          <div class="practice-diff">
            <Diff lines={textLines(p.bad, p.good)} label="The bad example against the good one" />
          </div>
        </>
      )}
      {p.good && !p.bad && <pre>{p.good}</pre>}
      {p.exception && (
        <>
          <h3>When it does not fit</h3>
          <Prose text={p.exception} />
        </>
      )}
      <p class="soft">
        The same on the command line: <code class="type">fairlead explain {p.id}</code>
      </p>
    </div>
  );
}
