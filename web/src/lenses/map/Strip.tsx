import { useMemo, useRef, useState } from "preact/hooks";

import { leaves, minute, rows, span } from "../../store";
import { setOption } from "../../url";
import { Button } from "../../ui";
import { clock, many } from "../../words";
import { binned, bins, day, type Bin } from "./strip";

const height = 46;

/** The last day: releases as bars, drift and failures on top. A span that is dragged over is looked back at. */
export function Strip() {
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const end = minute.value * 60 + 60;
  const releases = rows("releases").filter(leaves);
  const drift = rows("drift").filter(leaves);
  const all = binned(releases, drift, end);
  const drawn = useMemo(() => ({ bars: bars(all), shapes: shapes(all) }), [all.map((bin) => `${bin.releases} ${bin.failed} ${bin.drift}`).join()]);

  const timeAt = (event: PointerEvent): number => {
    const box = svg.current!.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    return Math.round(end - day + share * day);
  };
  const put = (from: number, to: number): void => setOption("span", to - from < 240 ? "" : `${from}-${to}`);
  const xOf = (time: number): number => Math.max(0, Math.min(bins, ((time - end + day) / day) * bins));
  const looked = drag ? { from: Math.min(drag.from, drag.to), to: Math.max(drag.from, drag.to) } : span.value;
  const hour = 3600;
  const onKey = (event: KeyboardEvent): void => {
    const now = span.value ?? { from: end - hour, to: end };
    if (event.key === "ArrowLeft") put(event.shiftKey ? now.from - hour : Math.max(end - day, now.from - hour), event.shiftKey ? now.to : now.to - hour);
    else if (event.key === "ArrowRight") put(event.shiftKey ? Math.min(now.from + hour, now.to - hour) : now.from + hour, event.shiftKey ? now.to : Math.min(end, now.to + hour));
    else if (event.key === "Escape" && span.value) setOption("span", "");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const told = looked ? `${clock(looked.from)} to ${clock(looked.to)}` : "the whole day, nothing left out";
  return (
    <div class="strip">
      <svg
        ref={svg}
        viewBox={`0 0 ${bins} ${height}`}
        preserveAspectRatio="none"
        role="slider"
        tabindex={0}
        aria-label="Look back: arrows move the span by an hour, with Shift they change its length, Escape ends it"
        aria-valuemin={0}
        aria-valuemax={24}
        aria-valuenow={looked ? Math.round((end - looked.from) / hour) : 0}
        aria-valuetext={told}
        onKeyDown={onKey}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: timeAt(event), to: timeAt(event) });
        }}
        onPointerMove={(event) => drag && setDrag({ ...drag, to: timeAt(event) })}
        onPointerUp={() => {
          if (looked) put(looked.from, looked.to);
          setDrag(null);
        }}
      >
        <line x1={0} x2={bins} y1={height - 0.5} y2={height - 0.5} class="strip-ground" />
        {looked && <rect class="strip-span" x={xOf(looked.from)} width={Math.max(0.5, xOf(looked.to) - xOf(looked.from))} y={0} height={height} />}
        {drawn.bars}
      </svg>
      <div class="strip-shapes" aria-hidden="true">
        {drawn.shapes}
      </div>
      <div class="strip-words">
        <span>{clock(end - day)}</span>
        {span.value ? (
          <span class="strip-told">
            {told}
            <Button quiet onClick={() => setOption("span", "")}>
              Back to now ✕
            </Button>
          </span>
        ) : (
          <span>
            {many(releases.filter((one) => one.started > end - day).length, "release")} ▮ · drift <span class="ink-drift">◇</span> · failures <span class="ink-bad">✕</span><span class="strip-hint"> · drag to look back</span>
          </span>
        )}
        <span>now</span>
      </div>
    </div>
  );
}

function bars(all: readonly Bin[]) {
  const most = Math.max(4, ...all.map((bin) => bin.releases));
  return all.map((bin, i) => {
    const tall = (bin.releases / most) * 26;
    return (
      <g key={i}>
        {bin.releases > 0 && <rect class="strip-bar" x={i + 0.12} width={0.76} y={height - 1 - tall} height={tall} />}
        {bin.failed > 0 && <rect class="strip-mark bad" x={i + 0.32} width={0.36} y={14} height={height - 15} />}
        {bin.drift > 0 && !bin.failed && <rect class="strip-mark drift" x={i + 0.32} width={0.36} y={14} height={height - 15} />}
      </g>
    );
  });
}

const shapes = (all: readonly Bin[]) =>
  all.map((bin, i) =>
    bin.failed || bin.drift ? (
      <i key={i} class={bin.failed ? "ink-bad" : "ink-drift"} style={{ left: `${((i + 0.5) / bins) * 100}%` }}>
        {bin.failed ? "✕" : "◇"}
      </i>
    ) : null,
  );
