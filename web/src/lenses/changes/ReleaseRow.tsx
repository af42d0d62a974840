import { ask } from "../../actions";
import type { Release } from "../../api";
import { row, rows } from "../../store";
import { Button, Code, Go, Name, StatusTag } from "../../ui";
import { go, place } from "../../url";
import { ago, clock, many } from "../../words";
import { ReleaseBody } from "./ReleaseBody";
import { StageBar } from "./StageBar";
import { sortOf, stagesOf } from "./timeline";

/** One release on the timeline; pressed, it tells what it changed. */
export function ReleaseRow({ release: r, withApp, open, dated }: { release: Release; withApp: boolean; open: boolean; dated?: boolean }) {
  const stages = stagesOf(r);
  const toggle = () => go({ options: { ...place.value.options, release: open ? "" : r.id } }, true);
  return (
    <li class={`rel${open ? " open" : ""}${dated ? " dated" : ""}`} id={`rel-${r.id}`}>
      <button type="button" class="rel-line" aria-expanded={open} onClick={toggle}>
        <time class="rel-time" dateTime={new Date(r.started * 1000).toISOString()} title={new Date(r.started * 1000).toLocaleString()}>
          {dated ? ago(r.started) : timeOfDay(r.started)}
        </time>
        <span class="rel-sort">
          <StatusTag of={sortOf(r)} />
        </span>
        <span class="rel-what">
          {withApp && (
            <>
              <Name>{r.app}</Name>{" "}
            </>
          )}
          <code>{r.revision}</code> <Name>{r.subject || r.summary}</Name>
        </span>
        <span class="rel-who">
          <Name>{r.by || r.author}</Name>
        </span>
        <StageBar stages={stages} running={r.finished === 0} />
      </button>
      {open && <Opened release={r} />}
    </li>
  );
}

function Opened({ release: r }: { release: Release }) {
  const before = rows("releases")
    .filter((other) => other.app === r.app && other.number < r.number && other.result !== "Refused")
    .reduce<Release | undefined>((last, other) => (last && last.number > other.number ? last : other), undefined);
  return (
    <div class="rel-body">
      <p class="rel-told">
        {r.summary}
        {r.message && `; ${r.message}`}
        {r.committed > 0 && (
          <span class="soft">
            {" "}
            · committed {clock(r.committed)}
            {r.author && ` by ${r.author}`}
          </span>
        )}
        {r.errors + r.warnings > 0 && (
          <span class="soft">
            {" "}
            · {many(r.errors, "error")}, {many(r.warnings, "warning")}
          </span>
        )}
      </p>
      {r.images.length > 0 && (
        <p class="rel-images">
          {r.images.map((i) => (
            <Code key={i}>{i}</Code>
          ))}
        </p>
      )}
      <ReleaseBody id={r.id} result={r.result} />
      <div class="acts">
        {r.result !== "Refused" && r.number !== row("applications", r.app)?.release && <Button onClick={() => ask({ verb: "rollback", application: r.app, to: String(r.number) })}>Roll back to this…</Button>}
        {before && <CompareLink app={r.app} from={String(before.number)} to={String(r.number)} text="Compare with the one before" />}
        <CompareLink app={r.app} from={String(r.number)} to="live" text="Compare with live" />
        <Go to={{ lens: "changes", options: { app: r.app, release: r.id } }}>Only {r.app}</Go>
      </div>
    </div>
  );
}

const CompareLink = ({ app, from, to, text }: { app: string; from: string; to: string; text: string }) => (
  <Go to={{ lens: "changes", options: { app, from, to } }}>
    {text}
  </Go>
);

const timeOfDay = (time: number) => (time > 0 ? new Date(time * 1000).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }) : "");
