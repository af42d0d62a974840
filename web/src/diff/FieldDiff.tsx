// Drifted fields as a difference: git's value above the live one, who set each in the gutter.
import { useMemo } from "preact/hooks";
import { now } from "../store";
import { DiffTable } from "./Diff";
import { fieldLines, type Field, type FieldLine } from "./fields";
import { compareTexts, type Piece } from "./lines";

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

// "14:02" within a day, "3 Nov" before: the gutter is narrow, and its title says the whole.
const short = (at: number) => (now() - at < 86_400 ? time : day).format(at * 1000);

/** Of drift it tells who set each value; of a release (wanted) that is not known, and what was added is no fault. */
export function FieldDiff({ fields, wanted = false, label }: { fields: readonly Field[]; wanted?: boolean; label: string }) {
  const { under, lines } = useMemo(() => fieldLines(fields), [fields]);
  const pieces = pieced(lines);
  return (
    <>
      {under !== "" && <div class="diff-under">{under.split(".").join(" › ")}</div>}
      <DiffTable label={label} gutter={!wanted} live={!wanted} rows={lines.map((l, i) => ({ op: l.op, line: l.line, pieces: pieces[i]!, gutter: wanted ? undefined : gutterOf(l) }))} />
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

function gutterOf(l: FieldLine) {
  const f = l.field;
  if (!f || l.op === " ") return undefined;
  if (l.op === "-") {
    const text = [f.author, f.commit?.slice(0, 7)].filter(Boolean).join(" · ") || "git";
    return { text, title: [f.where, f.author && `by ${f.author}`, f.commit && `commit ${f.commit}`].filter(Boolean).join("\n") };
  }
  const who = f.who || f.manager || "not known who";
  const at = f.at ? ` · ${short(f.at)}` : "";
  return { text: who + at, title: [f.who && `person: ${f.who}`, f.manager && `field manager: ${f.manager}`, f.at && new Date(f.at * 1000).toLocaleString()].filter(Boolean).join("\n") };
}
