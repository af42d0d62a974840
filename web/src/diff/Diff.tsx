// Differences as tables: lines of manifests, and drifted fields with who set them in the gutter.
import { useState } from "preact/hooks";
import "./diff.css";
import { countChanges, diffRows, type DiffLine, type Piece } from "./lines";

/** Who stands beside a line: a name with what it is of, and the whole of it for the title. */
export interface Gutter {
  text: string;
  title: string;
}

interface Row {
  op: DiffLine["op"];
  line: number;
  pieces: Piece[];
  gutter?: Gutter | undefined;
}

const spoken = { " ": "", "+": "added", "-": "removed", "…": "" };

/** Rows as they are. live tells that added lines are not wanted but found in the cluster: they are amber then, not green. */
export function DiffTable({ rows, label, live, gutter }: { rows: Row[]; label: string; live?: boolean; gutter?: boolean }) {
  return (
    <div class="diff-box" tabIndex={0} role="region" aria-label={label}>
      <table class={`diff${live ? " of-live" : ""}${gutter ? " with-gutter" : ""}`}>
        <tbody>
          {rows.map((r, i) => (
            <DiffLineRow key={i} row={r} gutter={gutter ?? false} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DiffLineRow({ row, gutter }: { row: Row; gutter: boolean }) {
  const tone = row.op === "+" ? "add" : row.op === "-" ? "del" : "";
  return (
    <tr class={tone}>
      {gutter && (
        <td class="diff-who" title={row.gutter?.title}>
          {row.gutter?.text}
        </td>
      )}
      <td class="diff-at">{row.line > 0 ? row.line : ""}</td>
      <td class="diff-op">
        <span aria-hidden="true">{row.op}</span>
        {row.op !== " " && <span class="sr">{spoken[row.op]}: </span>}
      </td>
      <td class="diff-text">
        <Pieces pieces={row.pieces} />
      </td>
    </tr>
  );
}

function Pieces({ pieces }: { pieces: Piece[] }) {
  return <>{pieces.map((p, i) => (p.marked ? <mark key={i}>{p.text}</mark> : p.text))}</>;
}

/** The difference of one object's lines; what is equal is folded, and unfolds by a press. */
export function Diff({ lines, label, live, more = 0 }: { lines: readonly DiffLine[]; label: string; live?: boolean; more?: number }) {
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const rows = diffRows(lines);
  if (rows.length === 0) return <p class="diff-none">No lines differ.</p>;
  const parts: preact.JSX.Element[] = [];
  rows.forEach((r, i) => {
    if (r.kind === "line") parts.push(<DiffLineRow key={r.at} gutter={false} row={{ op: r.line.op, line: r.line.line ?? 0, pieces: r.pieces }} />);
    else if (opened.has(r.at)) {
      for (const [k, l] of lines.slice(r.at, r.at + r.lines).entries()) parts.push(<DiffLineRow key={r.at + k} gutter={false} row={{ op: " ", line: l.line ?? 0, pieces: [{ text: l.text, marked: false }] }} />);
    } else if (r.lines === 0) {
      parts.push(
        <tr class="diff-fold" key={`gap${i}`}>
          <td colSpan={3}>⋯</td>
        </tr>,
      );
    } else
      parts.push(
        <tr class="diff-fold" key={`fold${i}`}>
          <td colSpan={3}>
            <button type="button" onClick={() => setOpened(new Set([...opened, r.at]))}>
              ⋯ {r.lines} equal {r.lines === 1 ? "line" : "lines"}
            </button>
          </td>
        </tr>,
      );
  });
  return (
    <div class="diff-box" tabIndex={0} role="region" aria-label={label}>
      <table class={`diff${live ? " of-live" : ""}`}>
        <tbody>{parts}</tbody>
      </table>
      {more > 0 && <p class="diff-none">{more.toLocaleString("en")} more lines are not listed.</p>}
    </div>
  );
}

/** "+3 −1". */
export function Counts({ lines }: { lines: readonly DiffLine[] }) {
  const { added, removed } = countChanges(lines);
  return (
    <span class="diff-counts">
      <span class="plus" title={`${added} lines added`}>
        +{added}
      </span>{" "}
      <span class="minus" title={`${removed} lines removed`}>
        −{removed}
      </span>
    </span>
  );
}
