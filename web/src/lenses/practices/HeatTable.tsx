import { go, option, place } from "../../url";
import { Name } from "../../ui";
import { many } from "../../words";
import type { Cell, Heat } from "./heat";

const most = 14;

/** Namespaces against categories, those that nobody has judged hatched; a press on a cell leaves its findings below. */
export function HeatTable({ heat, judged }: { heat: Heat; judged: ReadonlyMap<string, boolean> }) {
  const all = option("heat") === "all";
  const rows = all ? heat.rows : heat.rows.slice(0, most);
  return (
    <div class="heat-box" tabIndex={0} role="region" aria-label="Findings by namespace and category">
      <table class="heat">
        <thead>
          <tr>
            <th scope="col">Namespace</th>
            {heat.categories.map((c) => (
              <th scope="col" key={c}>
                {c}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.name}>
              <th scope="row">
                <Name>{r.name || "cluster"}</Name>
              </th>
              {r.cells.map((cell, i) => (
                <td key={i}>
                  <HeatCell cell={judged.get(r.name) ? cell : undefined} ns={r.name} category={heat.categories[i]!} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {heat.rows.length > most && (
        <button type="button" class="quiet" onClick={() => go({ options: { ...place.value.options, heat: all ? "" : "all" } }, true)}>
          {all ? "Only those that fail most" : `Show ${heat.rows.length - most} more`}
        </button>
      )}
    </div>
  );
}

function HeatCell({ cell, ns, category }: { cell: Cell | undefined; ns: string; category: string }) {
  if (!cell)
    return (
      <span class="heat-cell unjudged" title="not judged">
        <span aria-hidden="true">?</span>
        <span class="sr">not judged</span>
      </span>
    );
  const none = cell.errors + cell.warnings + cell.infos === 0;
  const words = none ? "nothing falls short" : [cell.errors && many(cell.errors, "error"), cell.warnings && many(cell.warnings, "warning"), cell.infos && `${cell.infos} advice`].filter(Boolean).join(", ");
  if (none)
    return (
      <span class="heat-cell clean" title={words}>
        <span aria-hidden="true">✓</span>
        <span class="sr">{words}</span>
      </span>
    );
  const on = option("ns") === ns && option("category") === category;
  const choose = () => go({ options: { ...place.value.options, ns: on ? "" : ns, category: on ? "" : category } }, true);
  return (
    <button type="button" class={`heat-cell ${tone(cell)}`} aria-pressed={on} title={`${ns} · ${category}: ${words}`} onClick={choose}>
      {cell.errors > 0 && <b>✕ {cell.errors}</b>}
      {cell.warnings > 0 && <span>△ {cell.warnings}</span>}
      {cell.errors + cell.warnings === 0 && <span>· {cell.infos}</span>}
      <span class="sr">{words}</span>
    </button>
  );
}

const tone = (c: Cell) => (c.errors > 2 ? "bad much" : c.errors > 0 ? "bad" : c.warnings > 5 ? "warn much" : c.warnings > 0 ? "warn" : "info");
