import { useComparison } from "../../diff/compare";
import { Counts, Diff } from "../../diff/Diff";
import { rows } from "../../store";
import { Button, ErrorNote, Name } from "../../ui";
import { go, option, place } from "../../url";
import { clock, many } from "../../words";

/** Any two points of an application as manifests: releases, git as it is now, the cluster. */
export function Compare({ app }: { app: string }) {
  const from = option("from");
  const to = option("to") || "live";
  const { data, error, again, at, loading } = useComparison(app, from, to);
  const objects = data?.objects ?? [];
  return (
    <article class="card compare" aria-label="Compare">
      <div class="card-head">
        <b>Compare</b>
        <Point app={app} label="From" option="from" value={from} />
        <span aria-hidden="true">→</span>
        <Point app={app} label="To" option="to" value={to} />
        <Button quiet aria-label="Swap the two" title="Swap the two" onClick={() => go({ options: { ...place.value.options, from: to, to: from } }, true)}>
          ⇄
        </Button>
        <span class="grow" />
        {data && <span class="soft">{many(objects.length, "object differs", "objects differ")}</span>}
        <Button quiet aria-label="Close the comparison" onClick={() => go({ options: { ...place.value.options, from: "", to: "" } }, true)}>
          ✕
        </Button>
      </div>
      {error && <ErrorNote error={error} again={again} {...(at ? { since: at } : {})} />}
      {loading && !data && <div class="rel-wait" aria-busy="true" />}
      {(from === to || (data && objects.length === 0)) && <p class="compare-same">Both say the same.</p>}
      {data?.note && <p class="compare-same">△ {data.note}</p>}
      {(data?.problems ?? []).map((p, i) => (
        <p key={i} class="compare-same">
          ✕ {p.where} {p.object}: {p.message} {p.next && `→ ${p.next}`}
        </p>
      ))}
      {objects.map((o) => (
        <details key={o.id} open={objects.length < 6}>
          <summary>
            <Name>{o.id}</Name> <span class="soft">{o.change}</span> <Counts lines={o.lines} />
          </summary>
          {o.note && <p class="soft compare-same">{o.note}</p>}
          <Diff lines={o.lines} label={`${o.id} from ${from} to ${to}`} live={to === "live"} more={o.more ?? 0} />
        </details>
      ))}
    </article>
  );
}

function Point({ app, label, option: key, value }: { app: string; label: string; option: "from" | "to"; value: string }) {
  const releases = rows("releases")
    .filter((r) => r.app === app)
    .sort((a, b) => b.number - a.number);
  const known = value === "git" || value === "live" || releases.some((r) => String(r.number) === value);
  return (
    <select aria-label={label} value={value} onChange={(e) => go({ options: { ...place.value.options, [key]: e.currentTarget.value } }, true)}>
      <option value="live">live: the cluster now</option>
      <option value="git">git: the newest commit</option>
      {!known && <option value={value}>{value}</option>}
      {releases.map((r) => (
        <option key={r.id} value={String(r.number)}>{`${r.number} · ${r.revision} · ${r.subject.slice(0, 60) || r.summary} · ${clock(r.started)}`}</option>
      ))}
    </select>
  );
}

