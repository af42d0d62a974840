import type { Workload, WorkloadDetail } from "../../api";
import { rows } from "../../store";
import { Code, Go, Name, Section, StatusTag } from "../../ui";
import { many, safeLink } from "../../words";
import { ReleaseRow } from "../changes/ReleaseRow";
import { option } from "../../url";
import { DriftCard } from "../drift/DriftCard";
import { nameParts, standing } from "../images/standing";
import { FindingRow } from "../practices/Findings";
import { Neighbours } from "./Neighbours";
import { Pods } from "./Pods";
import "../changes/changes.css";
import "../drift/drift.css";
import "../practices/practices.css";

const shownFindings = 8;
const shownReleases = 6;

/** The sections, live rows first: what only the server knows is filled in when it comes, in a place that is kept for it. */
export function Overview({ workload: w, detail }: { workload: Workload; detail: WorkloadDetail | undefined }) {
  const drift = rows("drift").filter((d) => d.object === w.id && !d.reverted);
  return (
    <>
      {drift.length > 0 && (
        <Section title="Drift">
          {drift.map((d) => (
            <DriftCard key={d.id} drift={d} focusable={false} />
          ))}
        </Section>
      )}
      <Section title="Depends on · used by">
        <Neighbours workload={w} detail={detail} />
      </Section>
      <div class="workload-split">
        <Section title={`Pods ${w.desired > 0 ? `${w.ready} of ${w.desired}` : ""}`}>
          <Pods workload={w} pods={detail?.pods} />
        </Section>
        <div>
          <Section title="Git">
            <Source detail={detail} />
          </Section>
          <Section title="Images">
            <Images workload={w} />
          </Section>
        </div>
      </div>
      <Practices workload={w} />
      <History workload={w} />
    </>
  );
}

function Source({ detail }: { detail: WorkloadDetail | undefined }) {
  if (!detail) return <p class="soft hold-line" aria-busy="true" />;
  const s = detail.source;
  if (!s?.where) return <p class="soft">No application says that it delivers this: it is in no git that Fairlead reads.</p>;
  const link = safeLink(s.url ?? "");
  return (
    <p>
      {link ? (
        <a href={link} target="_blank" rel="noreferrer">
          <Code>{s.where}</Code>
        </a>
      ) : (
        <Code>{s.where}</Code>
      )}
      <span class="soft">
        {s.commit && (
          <>
            {" "}
            since <Code>{s.commit.slice(0, 7)}</Code>
          </>
        )}
        {s.author && (
          <>
            {" "}
            by <Name>{s.author}</Name>
          </>
        )}
      </span>
    </p>
  );
}

function Images({ workload: w }: { workload: Workload }) {
  const known = rows("images").filter((i) => i.workloads.includes(w.id));
  return (
    <ul class="plain-list">
      {w.images.map((ref) => {
        const image = known.find((i) => ref === i.image || ref.startsWith(`${i.image}:`) || ref.startsWith(`${i.image}@`));
        const [registry, name] = nameParts(ref);
        return (
          <li key={ref}>
            <span class="workload-image" title={ref}>
              <span class="soft">{registry}</span>
              <Name>{name}</Name>
            </span>
            {image && <StatusTag of={standing(image)}>{standing(image).word === "newer allowed" ? image.newest : standing(image).word}</StatusTag>}
          </li>
        );
      })}
    </ul>
  );
}

function Practices({ workload: w }: { workload: Workload }) {
  const found = rows("findings").filter((f) => f.object === w.id);
  return (
    <Section title={`Practices ${w.score >= 0 ? w.score : ""}`}>
      {found.length === 0 ? (
        <p class="soft">{w.app === "" ? "It is judged when an application delivers it." : w.score < 0 && w.errors + w.warnings === 0 ? "Not judged yet." : "Nothing falls short."}</p>
      ) : (
        <ul class="finding-list card">
          {found.slice(0, shownFindings).map((f) => (
            <FindingRow key={f.id} finding={f} withPractice />
          ))}
        </ul>
      )}
      {found.length > shownFindings && <Go to={{ lens: "practices", query: `id:"${w.id}"`, options: {} }}>all {many(found.length, "finding")}</Go>}
    </Section>
  );
}

function History({ workload: w }: { workload: Workload }) {
  const all = rows("releases")
    .filter((r) => r.app === w.app && w.app !== "")
    .sort((a, b) => b.started - a.started);
  return (
    <Section title="Changes">
      {all.length === 0 ? (
        <p class="soft">{w.app === "" ? "What changed it is not recorded: no application delivers it." : "No release yet."}</p>
      ) : (
        <div class="day">
          <ol>
            {all.slice(0, shownReleases).map((r) => (
              <ReleaseRow key={r.id} release={r} withApp={false} open={option("release") === r.id} dated />
            ))}
          </ol>
        </div>
      )}
      {all.length > shownReleases && <Go to={{ lens: "changes", options: { app: w.app } }}>all {many(all.length, "release")}</Go>}
    </Section>
  );
}
