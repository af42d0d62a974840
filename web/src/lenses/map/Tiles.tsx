import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Edge, Workload } from "../../api";
import { rows } from "../../store";
import { repaint, theme } from "../../theme";
import { go, selection } from "../../url";
import { healthOf, kindOf, many, nameOf, syncOf } from "../../words";
import type { Mark } from "./colour";
import type { Group } from "./groups";
import { fit, neighbour, spotOf, tileAt, type Direction, type Packing } from "./pack";
import { Painter, palette, type Scene } from "./paint";

const edge = 8; // room around the tiles for rings

interface Props {
  groups: readonly Group[];
  /** The mark of each tile, in the order of the groups. */
  marks: readonly Mark[];
  text: (row: Workload) => string;
}

/** The map as one canvas. A screen reader hears what is selected; the table holds the same. */
export function Tiles({ groups, marks, text }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter | null>(null);
  const [area, setArea] = useState({ width: 0, height: 0, room: 0 });
  const [zoom, setZoom] = useState(0);
  const [hovered, setHovered] = useState(-1);

  const tiles = useMemo(() => groups.flatMap((group) => group.rows), [groups]);
  const packing = useMemo(() => fit(groups, { width: area.room, height: area.height }, area.width, zoom), [groups, area, zoom]);
  const picked = tiles.findIndex((row) => row.id === selection.value);
  const near = useMemo(() => linesOf(picked < 0 ? "" : selection.value, tiles, rows("edges")), [picked, selection.value, tiles, rows("edges")]);
  const scene: Scene = {
    packing,
    marks,
    text: (tile) => text(tiles[tile]!),
    name: (tile) => tiles[tile]!.name,
    note: (tile) => (tiles[tile]!.desired > 0 ? `${tiles[tile]!.ready}/${tiles[tile]!.desired}` : ""),
    selected: picked,
    hovered: hovered < tiles.length ? hovered : -1,
    alike: near.alike,
    lines: near.lines,
  };
  const now = useRef(scene);
  now.current = scene;

  const draw = (): void => {
    const element = box.current;
    if (!element || !painter.current || area.width === 0) return;
    const view = { width: element.clientWidth, height: element.clientHeight, left: edge, top: element.scrollTop - edge, ratio: devicePixelRatio || 1 };
    painter.current.paint(now.current, view);
  };

  useLayoutEffect(() => {
    const element = box.current!;
    const style = getComputedStyle(element);
    painter.current = new Painter(canvas.current!, palette(element), { sans: style.getPropertyValue("--sans"), mono: style.getPropertyValue("--mono") });
    const measure = (): void => {
      const width = element.clientWidth - 2 * edge;
      setArea({ width, height: element.clientHeight - 2 * edge, room: width + sideWidth(element) });
    };
    measure();
    const resize = new ResizeObserver(measure);
    resize.observe(element);
    void document.fonts?.ready.then(() => repaint.value++);
    return () => resize.disconnect();
  }, []);
  useLayoutEffect(() => {
    painter.current?.theme(palette(box.current!));
  }, [theme.value, repaint.value]);
  useLayoutEffect(draw);

  // The selection comes into sight when it is made elsewhere.
  useEffect(() => {
    const at = picked >= 0 ? spotOf(now.current.packing, picked) : undefined;
    const element = box.current!;
    if (at && (at.y < element.scrollTop || at.y + 40 > element.scrollTop + element.clientHeight)) element.scrollTop = at.y - element.clientHeight / 2;
  }, [selection.value, packing]);

  const tileUnder = (event: MouseEvent): number => {
    const at = canvas.current!.getBoundingClientRect();
    return tileAt(packing, event.clientX - at.left - edge, event.clientY - at.top + box.current!.scrollTop - edge);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = arrows[event.key];
    if (to && tiles.length) go({ selection: tiles[picked < 0 ? 0 : neighbour(packing, picked, to)]!.id }, true);
    else if (event.key === "Home" && tiles[0]) go({ selection: tiles[0].id }, true);
    else if (event.key === "End" && tiles.length) go({ selection: tiles.at(-1)!.id }, true);
    else if (event.key === "Enter" && picked >= 0) go({ lens: "workload" });
    else if (event.key === "+" || event.key === "=") setZoom(Math.min(9, zoom + 1));
    else if (event.key === "-") setZoom(Math.max(-9, zoom - 1));
    else if (event.key === "0") setZoom(0);
    else return;
    event.preventDefault();
  };
  const onWheel = (event: WheelEvent): void => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    setZoom(Math.max(-9, Math.min(9, zoom + (event.deltaY < 0 ? 1 : -1))));
  };
  return (
    <div
      ref={box}
      class="tiles"
      role="application"
      tabIndex={0}
      aria-roledescription="map"
      aria-label={`${many(tiles.length, "tile")} in ${many(groups.length, "group")}: arrows move, Enter opens. The table holds the same.`}
      onKeyDown={onKey}
      onScroll={draw}
      onWheel={onWheel}
    >
      <canvas
        ref={canvas}
        aria-hidden="true"
        onMouseMove={(event) => setHovered(tileUnder(event))}
        onMouseLeave={() => setHovered(-1)}
        onClick={(event) => {
          const tile = tileUnder(event);
          if (tile >= 0) go({ selection: tiles[tile]!.id });
        }}
        onDblClick={(event) => tileUnder(event) >= 0 && go({ lens: "workload" })}
      />
      <div class="tiles-height" style={{ height: `${packing.height + 2 * edge}px` }} />
      {scene.hovered >= 0 && <Tip row={tiles[scene.hovered]!} mark={marks[scene.hovered]!} packing={packing} tile={scene.hovered} area={area} />}
      <span class="sr" role="status" aria-live="polite">
        {picked >= 0 ? spoken(tiles[picked]!, marks[picked]!) : ""}
      </span>
    </div>
  );
}

/** The width that the panel of the selection takes beside the map. */
function sideWidth(of: HTMLElement): number {
  const frame = of.closest<HTMLElement>(".frame");
  const side = frame?.querySelector("aside")?.offsetWidth ?? 0;
  return side < (frame?.clientWidth ?? 0) ? side : 0; // else it is below
}

const arrows: Record<string, Direction> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

const spoken = (row: Workload, mark: Mark): string =>
  `${row.namespace} ${row.name.slice(0, 100)}, ${row.kind}, ${mark.word}, ${healthOf(row.health).word}${row.desired > 0 ? ` ${row.ready} of ${row.desired}` : ""}`;

function linesOf(id: string, tiles: readonly Workload[], edges: readonly Edge[]): Pick<Scene, "alike" | "lines"> {
  if (!id) return { alike: [], lines: [] };
  const first = new Map<string, number>();
  const alike: number[] = [];
  tiles.forEach((row, tile) => {
    if (!first.has(row.id)) first.set(row.id, tile);
    if (row.id === id) alike.push(tile);
  });
  const lines: { from: number; to: number; edge: Edge }[] = [];
  for (const edge of edges) {
    if (edge.from !== id && edge.to !== id) continue;
    const [from, to] = [first.get(edge.from), first.get(edge.to)];
    if (from !== undefined && to !== undefined) lines.push({ from, to, edge });
  }
  return { alike, lines };
}

/** What a tile is, beside the pointer. */
function Tip({ row, mark, packing, tile, area }: { row: Workload; mark: Mark; packing: Packing; tile: number; area: { width: number } }) {
  const at = spotOf(packing, tile)!;
  const right = at.x > area.width - 270;
  const style = { top: `${at.y + edge + packing.size.height + 6}px`, ...(right ? { right: `${Math.max(0, area.width - at.x - packing.size.width)}px` } : { left: `${at.x + edge}px` }) };
  return (
    <div class="tip" style={style} aria-hidden="true">
      <b>
        <bdi>{nameOf(row.id).slice(0, 120)}</bdi>
      </b>
      <span class="soft">{kindOf(row.id)}</span>
      {mark.word !== healthOf(row.health).word && (
        <span>
          {mark.shape} {mark.word}
          {row.drift > 0 && mark.key === "drifted" ? `, ${many(row.drift, "field")}` : ""}
        </span>
      )}
      <span>
        {healthOf(row.health).shape} {healthOf(row.health).word} {row.desired > 0 ? `${row.ready} of ${row.desired}` : ""}
      </span>
      {mark.key === "newer" && row.newer && <span>↑ {row.newer.slice(0, 60)}</span>}
      {row.sync === "unmanaged" && <span>{syncOf(row.sync).word}</span>}
      {row.why && <span class="tip-why">{row.why.slice(0, 160)}</span>}
    </div>
  );
}
