import { untracked } from "@preact/signals";
import { useState } from "preact/hooks";
import { ask } from "../../actions";
import { focusedDrift } from "../../actions/keys";
import type { Drift } from "../../api";
import { useComparison } from "../../diff/compare";
import { Diff } from "../../diff/Diff";
import { FieldDiff } from "../../diff/FieldDiff";
import { row } from "../../store";
import { Button, Code, ErrorNote, Go, Name, Tag, Time } from "../../ui";
import { go, selection } from "../../url";
import { many } from "../../words";
import { causeOf, fieldNames } from "./inbox";

/** One drifted object. It is focused by j and k, and the keys of the actions act on it then. */
export function DriftCard({ drift, closed, focusable = true }: { drift: Drift; closed?: boolean; focusable?: boolean }) {
  const [isOpen, setOpen] = useState(!closed);
  const [whole, setWhole] = useState(false);
  const cause = causeOf(drift);
  return (
    <article
      class={`card drift-card${focusable && selection.value === drift.object ? " on" : ""}`}
      data-drift={drift.id}
      tabIndex={focusable ? 0 : undefined}
      aria-label={`${cause.word}: ${drift.kind} ${drift.namespace}/${drift.name}`}
      onFocusIn={() => void (focusedDrift.value = drift.id)}
      onFocus={(e) => e.target === e.currentTarget && row("workloads", drift.object) && go({ selection: drift.object }, true)}
    >
      <div class="card-head">
        <Tag tone={drift.reverted ? "ok" : "drift"} shape={cause.shape}>
          {cause.word}
        </Tag>
        <ObjectName drift={drift} />
        {!isOpen && <span class="soft cut">{fieldNames(drift)}</span>}
        <span class="grow" />
        <span class="soft drift-when">
          {drift.reverts > 1 && <span>put back {drift.reverts} times · </span>}
          <Time at={drift.since} />
        </span>
        {(closed || drift.reverted) && (
          <Button quiet aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? "Less" : "More"}
          </Button>
        )}
      </div>
      {isOpen && <Body drift={drift} whole={whole} />}
      {isOpen && (
        <div class="card-foot">
          {!drift.reverted && <Acts drift={drift} />}
          {drift.change === "changed" && drift.app !== "" && !drift.reverted && (
            <Button quiet aria-expanded={whole} onClick={() => setWhole(!whole)}>
              {whole ? "Only the fields" : "In context"}
            </Button>
          )}
          <GitSays drift={drift} />
        </div>
      )}
    </article>
  );
}

function ObjectName({ drift: d }: { drift: Drift }) {
  const name = (
    <>
      {d.namespace && (
        <>
          <Name>{d.namespace}</Name> /{" "}
        </>
      )}
      <Name>{d.name}</Name>
    </>
  );
  return (
    <span class="drift-name">
      {untracked(() => row("workloads", d.object)) ? (
        <Go to={{ lens: "workload", selection: d.object }} class="strong-link">
          {name}
        </Go>
      ) : (
        <b>{name}</b>
      )}{" "}
      <span class="soft">{d.kind}</span>
      {d.app !== "" && (
        <span class="soft">
          {" "}
          · <Go to={{ lens: "changes", options: { app: d.app } }}>{d.app}</Go>
        </span>
      )}
    </span>
  );
}

function Body({ drift: d, whole }: { drift: Drift; whole: boolean }) {
  const label = `${d.kind} ${d.namespace}/${d.name}: git against live`;
  return (
    <>
      {d.change === "deleted" && <p class="drift-told">It is in git and gone from the cluster{d.who || d.manager ? `: deleted by ${d.who || d.manager}` : ""}.</p>}
      {whole ? <Whole drift={d} label={label} /> : d.fields.length > 0 && <FieldDiff fields={d.fields} label={label} />}
      {!whole && d.more > 0 && <p class="drift-told soft">and {many(d.more, "more field")} that {d.more === 1 ? "is" : "are"} not listed: “In context” has all</p>}
      {d.next && (
        <p class="drift-told">
          <i aria-hidden="true">→</i> {d.next}
        </p>
      )}
    </>
  );
}

/** All of the object's lines, as the server compares them. */
function Whole({ drift: d, label }: { drift: Drift; label: string }) {
  const { data, error, again, at, loading } = useComparison(d.app, "git", "live", d);
  const mine = data?.objects.find((o) => o.id === d.object);
  return (
    <>
      {error && <ErrorNote error={error} again={again} {...(at ? { since: at } : {})} />}
      {mine ? <Diff lines={mine.lines} label={label} live more={mine.more ?? 0} /> : loading ? <div class="drift-wait" aria-busy="true" /> : !error && <p class="drift-told soft">git and the cluster say the same of it now.</p>}
    </>
  );
}

function Acts({ drift: d }: { drift: Drift }) {
  if (d.app === "") return null;
  const field = d.fields[0]?.path;
  const at = { application: d.app, objects: [d.object] };
  return (
    <>
      <Button main onClick={() => ask({ verb: "revert", ...at })}>
        Put git back
      </Button>
      <Button onClick={() => ask({ verb: "adopt", ...at })}>Adopt into git…</Button>
      {field && (
        <Button onClick={() => ask({ verb: "ignore", ...at, field })}>
          Ignore this field…
        </Button>
      )}
    </>
  );
}

function GitSays({ drift: d }: { drift: Drift }) {
  const f = d.fields.find((f) => f.where !== "");
  if (!f) return null;
  return (
    <span class="soft drift-git">
      {f.commit ? "git says this" : "git has it in "}
      {f.commit && (
        <>
          {" "}
          since <Code>{f.commit.slice(0, 7)}</Code>
        </>
      )}
      {f.author && (
        <>
          , <Name>{f.author}</Name>
        </>
      )}
      {f.commit && " · "}
      <Code>{f.where}</Code>
    </span>
  );
}
