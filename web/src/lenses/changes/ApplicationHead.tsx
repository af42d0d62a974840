import { ask } from "../../actions";
import { row, rows } from "../../store";
import { Button, Code, Empty, Go, Name, StatusTag, Tag, Time } from "../../ui";
import { healthOf, many, safeLink, syncOf } from "../../words";

/** How one application is, and what can be done to it. */
export function ApplicationHead({ id }: { id: string }) {
  const a = row("applications", id);
  if (!a) return <Empty title={`There is no application ${id}`} why="It was removed, or you may not see it." />;
  const link = safeLink(a.repo);
  return (
    <article class="card app-head" aria-label={`Application ${id}`}>
      <div class="card-head">
        <b>
          <Name>{a.namespace}</Name> / <Name>{a.name}</Name>
        </b>
        <StatusTag of={syncOf(a.sync)} />
        <StatusTag of={healthOf(a.health)} />
        {a.suspended !== "" && (
          <Tag tone="drift" shape="‖" title={a.suspendedBy && `by ${a.suspendedBy}`}>
            suspended
          </Tag>
        )}
        {a.refused !== "" && (
          <Tag tone="bad" shape="⊘">
            gate holds {a.refused}
          </Tag>
        )}
        <span class="grow" />
        <span class="soft">
          {many(a.workloads, "workload")} · drift: {a.policy || "Revert"}
        </span>
      </div>
      <div class="app-told">
        <p>
          At <Code>{a.revision || "no revision"}</Code> {a.subject && <Name>“{a.subject}”</Name>} {a.author && <>by <Name>{a.author}</Name></>}
          {a.synced > 0 && <>, synced <Time at={a.synced} /></>}
        </p>
        <p class="soft">
          {link ? (
            <a href={link} target="_blank" rel="noreferrer">
              {a.repo}
            </a>
          ) : (
            <Name>{a.repo}</Name>
          )}{" "}
          {a.ref && <Code>{a.ref}</Code>} {a.path && <Code>{a.path}</Code>}
        </p>
        {a.message !== "" && (
          <p class={a.ready ? "soft" : "ink-bad"}>
            {a.ready ? "" : "✕ "}
            {a.message}
          </p>
        )}
        {a.suspended !== "" && (
          <p class="ink-drift">
            ‖ Suspended{a.suspendedBy && ` by ${a.suspendedBy}`}: {a.suspended}
          </p>
        )}
      </div>
      <div class="card-foot">
        <Acts id={id} suspended={a.suspended !== ""} pruneWaiting={a.pruneWaiting} />
        <span class="grow" />
        <Go to={{ lens: "drift", query: `app:${id}`, options: {} }}>{rows("drift").filter((d) => d.app === id && !d.reverted).length} drifted</Go>
        <Go to={{ lens: "practices", query: `app:${id}`, options: {} }}>{many(a.errors, "error")}, {many(a.warnings, "warning")}</Go>
        <Go to={{ lens: "map", query: `app:${id}`, options: {} }}>Map</Go>
      </div>
    </article>
  );
}

function Acts({ id, suspended, pruneWaiting }: { id: string; suspended: boolean; pruneWaiting: number }) {
  return (
    <>
      <Button main onClick={() => ask({ verb: "sync", application: id })}>
        Sync
      </Button>
      <Button onClick={() => ask({ verb: "rollback", application: id })}>Roll back…</Button>
      <Button onClick={() => ask({ verb: "release", application: id })}>Release…</Button>
      {suspended ? <Button onClick={() => ask({ verb: "resume", application: id })}>Resume</Button> : <Button onClick={() => ask({ verb: "suspend", application: id })}>Suspend…</Button>}
      {pruneWaiting > 0 && <Button onClick={() => ask({ verb: "approve-prune", application: id })}>Prune {pruneWaiting}…</Button>}
    </>
  );
}
