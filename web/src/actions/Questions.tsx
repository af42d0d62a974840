// What an action wants to know beside the reason: which release, which version, until when.

import { useState } from "preact/hooks";
import { rows } from "../store";
import { Code } from "../ui";
import { clock } from "../words";
import type { Asked } from "./model";

interface Props {
  asked: Asked;
  change: (asked: Asked) => void;
}

export function Questions(props: Props) {
  switch (props.asked.verb) {
    case "rollback":
      return <WhichRelease {...props} />;
    case "release":
      return <WhichVersion {...props} />;
    case "exception":
      return <UntilWhen {...props} />;
    case "ignore":
      return <WhichField {...props} />;
    case "adopt":
      return (
        <>
          <About asked={props.asked} />
          <Check on={props.asked.pullRequest} label="On a branch of its own, for a pull request" change={(pullRequest) => props.change({ ...props.asked, pullRequest })} />
        </>
      );
    default:
      return <About asked={props.asked} />;
  }
}

function About({ asked }: { asked: Asked }) {
  if (!asked.field && !asked.objects?.length) return null;
  return (
    <p class="ask-about soft">
      {asked.field && (
        <>
          <Code>{asked.field}</Code>{" "}
        </>
      )}
      {asked.objects?.slice(0, 5).map((o) => <Code key={o}>{o}</Code>)}
      {(asked.objects?.length ?? 0) > 5 && ` and ${asked.objects!.length - 5} more`}
    </p>
  );
}

function WhichRelease({ asked, change }: Props) {
  const all = rows("releases")
    .filter((r) => r.app === asked.application && r.result !== "Refused")
    .sort((a, b) => b.number - a.number)
    .filter((r, i) => (i > 0 && i < 30) || String(r.number) === asked.to);
  const known = !asked.to || all.some((r) => String(r.number) === asked.to);
  return (
    <>
      <label class="ask-question">
        <span>Back to</span>
      <select value={asked.to ?? ""} onChange={(e) => change({ ...asked, to: e.currentTarget.value })}>
        <option value="">the release before</option>
          {!known && <option value={asked.to}>{asked.to}</option>}
        {all.map((r) => (
          <option key={r.id} value={String(r.number)}>
            {`${r.number} · ${r.revision} · ${r.subject || r.summary} · ${clock(r.started)}${r.result === "Healthy" || r.result === "Superseded" ? "" : ` · ${r.result}`}`}
          </option>
          ))}
        </select>
      </label>
      <Check on={asked.hold} label="Only keep that revision, and commit nothing: git goes on, the cluster waits" change={(hold) => change({ ...asked, hold })} />
    </>
  );
}

function WhichVersion({ asked, change }: Props) {
  const [typed, setTyped] = useState(asked.to ?? "");
  return (
    <>
      <label class="ask-question">
        <span>Image and version</span>
      <input
        value={typed}
        placeholder="ghcr.io/acme/front:1.5.0"
        onInput={(e) => setTyped(e.currentTarget.value)}
        onChange={(e) => change({ ...asked, to: e.currentTarget.value.trim() })}
        />
      </label>
      <Check on={asked.lift} label="Even if it is held" change={(lift) => change({ ...asked, lift })} />
    </>
  );
}

const Check = ({ on, label, change }: { on: boolean | undefined; label: string; change: (on: boolean) => void }) => (
  <label class="ask-check">
    <input type="checkbox" checked={on ?? false} onChange={(e) => change(e.currentTarget.checked)} /> {label}
  </label>
);

/** Of several fields that have drifted, the one that is to be left alone. */
function WhichField({ asked, change }: Props) {
  const fields = rows("drift").find((d) => d.app === asked.application && asked.objects?.includes(d.object))?.fields ?? [];
  if (fields.length < 2) return <About asked={asked} />;
  return (
    <label class="ask-question">
      <span>Field</span>
      <select value={asked.field} onChange={(e) => change({ ...asked, field: e.currentTarget.value })}>
        {fields.map((f) => (
          <option key={f.path} value={f.path}>
            {f.path}
          </option>
        ))}
      </select>
    </label>
  );
}

function UntilWhen({ asked, change }: Props) {
  return (
    <>
      <About asked={asked} />
      <label class="ask-question">
        <span>Until</span>
        <input type="date" value={asked.until ?? ""} onChange={(e) => change({ ...asked, until: e.currentTarget.value })} />
        <span class="soft">an exception has an end; it can be made again</span>
      </label>
    </>
  );
}
