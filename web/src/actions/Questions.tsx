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
    .slice(1, 30);
  return (
    <label class="ask-question">
      <span>Back to</span>
      <select value={asked.to ?? ""} onChange={(e) => change({ ...asked, to: e.currentTarget.value })}>
        <option value="">the last release before that was healthy</option>
        {all.map((r) => (
          <option key={r.id} value={String(r.number)}>
            {`${r.number} · ${r.revision} · ${r.subject || r.summary} · ${clock(r.started)}${r.result === "Healthy" || r.result === "Superseded" ? "" : ` · ${r.result}`}`}
          </option>
        ))}
      </select>
    </label>
  );
}

function WhichVersion({ asked, change }: Props) {
  const [typed, setTyped] = useState(asked.to ?? "");
  return (
    <label class="ask-question">
      <span>Image and version</span>
      <input
        value={typed}
        placeholder="ghcr.io/acme/front:1.5.0"
        onInput={(e) => setTyped(e.currentTarget.value)}
        onChange={(e) => change({ ...asked, to: e.currentTarget.value.trim() })}
      />
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
