import { about, live } from "../store";
import { rejoin } from "../feed";
import { out } from "../session";
import { Button } from "../ui";
import { ago, clock } from "../words";

/** What is shown is old: since when, and why. */
export function Banner() {
  const state = live.value;
  if (!about.value || out.value || (state.is !== "stale" && state.is !== "lost")) return null;
  return (
    <div class="banner" role="status">
      <span>
        <b>
          Shown is what was known at {clock(state.since)} <span class="nowrap">({ago(state.since)})</span>
        </b>
        : {state.why}
      </span>
      {state.is === "lost" && <Button onClick={rejoin}>Ask now</Button>}
    </div>
  );
}
