// Drifted fields as a difference: git's value above the live one, who set each in the gutter.
import { useMemo } from "preact/hooks";
import { DiffTable } from "./Diff";
import { fieldLines, type Field, type FieldLine } from "./fields";
import { compareTexts, type Piece } from "./lines";

/** clock tells a time for the gutter ("14:02"), whole for its title. */
export interface Clock {
  clock(time: number): string;
  whole(time: number): string;
}

/** Without a clock it is what a release changed: who set each value is not told, and what was added is wanted. */
export function FieldDiff({ fields, clock, label }: { fields: readonly Field[]; clock?: Clock; label: string }) {
  const { under, lines } = useMemo(() => fieldLines(fields), [fields]);
  const pieces = pieced(lines);
  return (
    <>
      {under !== "" && <div class="diff-under">{under.split(".").join(" › ")}</div>}
      <DiffTable label={label} gutter={clock !== undefined} live={clock !== undefined} rows={lines.map((l, i) => ({ op: l.op, line: l.line, pieces: pieces[i]!, gutter: clock && gutterOf(l, clock) }))} />
    </>
  );
}

// The first line of a value is compared with the first of the other.
function pieced(lines: readonly FieldLine[]): Piece[][] {
  const all = lines.map((l): Piece[] => [{ text: l.text, marked: false }]);
  for (let i = 0; i < lines.length; i++) {
    if (lines[i]!.op !== "-" || lines[i - 1]?.op === "-") continue;
    let k = i;
    while (lines[k]?.op === "-" && lines[k]!.field === lines[i]!.field) k++;
    if (lines[k]?.op === "+" && lines[k]!.field === lines[i]!.field) [all[i], all[k]] = compareTexts(lines[i]!.text, lines[k]!.text);
  }
  return all;
}

function gutterOf(l: FieldLine, clock: Clock) {
  const f = l.field;
  if (!f || l.op === " ") return undefined;
  if (l.op === "-") {
    const text = [f.author, f.commit?.slice(0, 7)].filter(Boolean).join(" · ") || "git";
    return { text, title: [f.where, f.author && `by ${f.author}`, f.commit && `commit ${f.commit}`].filter(Boolean).join("\n") };
  }
  const who = f.who || f.manager || "not known who";
  const at = f.at ? ` · ${clock.clock(f.at)}` : "";
  return { text: who + at, title: [f.who && `person: ${f.who}`, f.manager && `field manager: ${f.manager}`, f.at && clock.whole(f.at)].filter(Boolean).join("\n") };
}
