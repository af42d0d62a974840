import { computed } from "@preact/signals";

import { lenses } from "../lenses";
import { rows } from "../store";
import { lens, type LensName } from "../url";
import { Go } from "../ui";
import { LensIcon } from "../ui/icons";

/** What waits for a person, by lens. */
const waiting = computed<Partial<Record<LensName, { n: number; tone: string; says: string }>>>(() => {
  const drift = rows("drift").filter((one) => !one.reverted).length;
  const failed = rows("sources").filter((one) => one.failed || one.problems?.length).length;
  return { drift: { n: drift, tone: "drift", says: "drifted" }, sources: { n: failed, tone: "bad", says: "with problems" } };
});

export function Nav() {
  return (
    <nav aria-label="Lenses">
      {lenses.map((one, i) => {
        const wait = waiting.value[one.name];
        return (
          <Go key={one.name} to={{ lens: one.name }} class={one.name === lens.value ? "on" : ""} title={one.answers} current={one.name === lens.value}>
            <LensIcon of={one.name} />
            <span class="nav-name">{one.title}</span>
            {wait?.n ? (
              <b class={`nav-count ink-${wait.tone}`}>
                {wait.n}
                <span class="sr"> {wait.says}</span>
              </b>
            ) : null}
            <span class="nav-key" aria-hidden="true">
              {i + 1}
            </span>
          </Go>
        );
      })}
    </nav>
  );
}
