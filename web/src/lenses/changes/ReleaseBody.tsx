import { FieldDiff } from "../../diff/FieldDiff";
import { row } from "../../store";
import { Code, ErrorNote, Go, Name, Tag, useDetail } from "../../ui";
import { changesOf, problemsOf } from "./record";
import { StageList } from "./StageBar";
import { stagesOf } from "./timeline";

/** What a release changed, object by object: the kept record, asked for when it is opened. */
export function ReleaseBody({ id, result }: { id: string; result: string }) {
  const { data, error, again, at, loading } = useDetail<unknown>(`releases/${id.split("/").map(encodeURIComponent).join("/")}`, result);
  const release = row("releases", id);
  return (
    <>
      {release && <StageList stages={stagesOf(release)} />}
      {error && <ErrorNote error={error} again={again} {...(at ? { since: at } : {})} />}
      {loading && data === undefined && <div class="rel-wait" aria-busy="true" />}
      {data !== undefined && <Changes record={data} />}
    </>
  );
}

function Changes({ record }: { record: unknown }) {
  const changes = changesOf(record);
  const problems = problemsOf(record);
  return (
    <>
      {problems.map((p, i) => (
        <p key={i} class="rel-problem">
          <Tag tone="bad" shape="✕">
            {p.severity || "problem"}
          </Tag>{" "}
          <Name>{p.object}</Name> {p.message} {p.where && <Code>{p.where}</Code>}
        </p>
      ))}
      {changes.length === 0 && problems.length === 0 && <p class="soft">No object was changed.</p>}
      {changes.map((c) => (
        <details key={c.object} class="rel-change" open={changes.length < 6}>
          <summary>
            <Name>{c.object}</Name> <span class="soft">{c.action}</span> {c.error && <span class="ink-bad">✕ {c.error}</span>}
          </summary>
          {row("workloads", c.object) && (
            <p class="rel-nofields">
              <Go to={{ lens: "workload", selection: c.object, options: {} }}>Open the workload</Go>
            </p>
          )}
          {c.fields.length > 0 ? <FieldDiff wanted fields={c.fields} label={`What changed of ${c.object}`} /> : <p class="soft rel-nofields">{c.action === "created" ? "All of it is new." : "No fields are noted."}</p>}
        </details>
      ))}
    </>
  );
}
