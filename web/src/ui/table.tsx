import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

export interface TableColumn<R> {
  key: string;
  title: string;
  /** Share of the width: "2fr", "90px". */
  width: string;
  cell: (row: R) => ComponentChildren;
  /** What to sort by; without it the column can't be sorted. */
  by?: (row: R) => string | number;
  end?: boolean;
}

export interface TableProps<R> {
  label: string;
  rows: readonly R[];
  columns: readonly TableColumn<R>[];
  id: (row: R) => string;
  selected?: string;
  onSelect?: (row: R) => void;
  /** Enter or double click. */
  onOpen?: (row: R) => void;
  /** Column first sorted by, with "-" in front for the other way. */
  sort?: string;
}

const rowHeight = 32;
const spare = 8;

/** A table of any length: only the rows in sight are in the document. Arrows move, Enter opens, a column's head sorts. */
export function Table<R>(props: TableProps<R>) {
  const { columns, id } = props;
  const [sort, setSort] = useState(props.sort ?? "");
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  const box = useRef<HTMLDivElement>(null);
  const sorted = useMemo(() => sortRows(props.rows, columns, sort), [props.rows, columns, sort]);
  const current = Math.max(0, sorted.findIndex((row) => id(row) === props.selected));

  useEffect(() => {
    const element = box.current!;
    const look = (): void => setSeen({ top: element.scrollTop, height: element.clientHeight });
    const resize = new ResizeObserver(look);
    resize.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      resize.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);

  const move = (to: number): void => {
    const at = Math.max(0, Math.min(sorted.length - 1, to));
    const row = sorted[at];
    if (!row) return;
    props.onSelect?.(row);
    const element = box.current!;
    const top = at * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = top + 2 * rowHeight - element.clientHeight;
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.target !== box.current) return;
    const page = Math.max(1, Math.floor(seen.height / rowHeight) - 2);
    const known = sorted[current] !== undefined && id(sorted[current]) === props.selected;
    const steps: Record<string, number> = {
      ArrowDown: known ? current + 1 : 0,
      ArrowUp: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: sorted.length - 1,
    };
    const to = steps[event.key];
    if (to !== undefined) move(to);
    else if (event.key === "Enter" && known) props.onOpen?.(sorted[current]!);
    else return;
    event.preventDefault();
  };

  const first = Math.max(0, Math.floor(seen.top / rowHeight) - spare);
  const last = Math.min(sorted.length, Math.ceil((seen.top + seen.height) / rowHeight) + spare);
  const grid = { gridTemplateColumns: columns.map((column) => `minmax(0,${column.width})`).join(" ") };
  const active = sorted[current] && id(sorted[current]) === props.selected && current >= first && current < last ? `row-${current}` : undefined;
  return (
    <div
      ref={box}
      class="table"
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={sorted.length + 1}
      aria-activedescendant={active}
      onKeyDown={onKey}
    >
      <div class="tr head" role="row" aria-rowindex={1} style={grid}>
        {columns.map((column) => (
          <div key={column.key} role="columnheader" class={column.end ? "end" : ""} aria-sort={sortState(sort, column.key)}>
            {column.by ? (
              <button type="button" class="quiet" onClick={() => setSort(sort === column.key ? "-" + column.key : column.key)}>
                {column.title}
                <i aria-hidden="true">{sort === column.key ? " ↑" : sort === "-" + column.key ? " ↓" : ""}</i>
              </button>
            ) : (
              column.title
            )}
          </div>
        ))}
      </div>
      <div class="table-rows" role="rowgroup" style={{ height: `${sorted.length * rowHeight}px` }}>
        {sorted.slice(first, last).map((row, i) => {
          const at = first + i;
          const on = id(row) === props.selected;
          return (
            <div
              key={id(row)}
              id={`row-${at}`}
              role="row"
              class={`tr ${on ? "on" : ""}`}
              aria-rowindex={at + 2}
              aria-selected={on}
              style={{ ...grid, transform: `translateY(${at * rowHeight}px)` }}
              onClick={() => props.onSelect?.(row)}
              onDblClick={() => props.onOpen?.(row)}
            >
              {columns.map((column) => (
                <div key={column.key} role="gridcell" class={column.end ? "end" : ""}>
                  {column.cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

const sortState = (sort: string, key: string): "ascending" | "descending" | "none" => (sort === key ? "ascending" : sort === "-" + key ? "descending" : "none");

export function sortRows<R>(rows: readonly R[], columns: readonly TableColumn<R>[], sort: string): readonly R[] {
  const down = sort.startsWith("-");
  const by = columns.find((column) => column.key === (down ? sort.slice(1) : sort))?.by;
  if (!by) return rows;
  const keyed = rows.map((row) => ({ row, key: by(row) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (down ? -1 : 1));
  return keyed.map(({ row }) => row);
}
