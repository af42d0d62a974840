import type { ComponentChildren } from "preact";

import type { Failure } from "../request";
import { clock } from "../words";
import { Button } from "./parts";

/** Nothing to show: why, and what to type. */
export const Empty = (props: { title: string; why?: ComponentChildren; type?: string; children?: ComponentChildren }) => (
  <div class="empty">
    <p class="empty-title">{props.title}</p>
    {props.why && <p>{props.why}</p>}
    {props.type && (
      <p>
        <code class="type">{props.type}</code>
      </p>
    )}
    {props.children}
  </div>
);

/** What failed and what to do; what was last good stays shown by the caller, and since names its time (Unix seconds). */
export const ErrorNote = ({ error, since, again }: { error: Failure; since?: number; again?: () => void }) => (
  <div class="error-note" role="alert">
    <p>
      <b>{error.message}</b>
      {error.next && <span>: {error.next}</span>}
      {since ? <span class="soft"> Shown is what was known at {clock(since)}.</span> : null}
    </p>
    {again && <Button onClick={again}>Try again</Button>}
  </div>
);
