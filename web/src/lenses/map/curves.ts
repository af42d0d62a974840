// From a tile to its neighbour.

import type { Spot, TileSize } from "./pack";

/** A line between two tiles, and the head of its arrow, as paths. */
interface Curve {
  line: string;
  head: string;
}

/** From the upper edge to the upper edge, so that the line covers no tile's shape. */
export function above(a: Spot, b: Spot, size: TileSize): Curve {
  const [x1, y1, x2, y2] = [a.x + size.width / 2, a.y - 3, b.x + size.width / 2, b.y - 3];
  const bend = Math.min(60, 8 + Math.abs(x2 - x1) / 6);
  return { line: `M${x1} ${y1}C${x1} ${y1 - bend} ${x2} ${y2 - bend} ${x2} ${y2}`, head: `M${x2 - 3.5} ${y2 - 5}h7l-3.500 6z` };
}

/** From side to side where tiles have names; within a column by its left. */
export function aside(a: Spot, b: Spot, size: TileSize): Curve {
  const right = b.x > a.x;
  const x1 = right ? a.x + size.width + 3 : a.x - 3;
  const x2 = b.x < a.x ? b.x + size.width + 3 : b.x - 3;
  const [y1, y2] = [a.y + size.height / 2, b.y + size.height / 2];
  const bend = a.x === b.x ? 14 : Math.min(120, 14 + Math.abs(x2 - x1) / 3);
  const [from, to] = [right ? x1 + bend : x1 - bend, b.x < a.x ? x2 + bend : x2 - bend];
  const back = b.x < a.x ? 5 : -5;
  return { line: `M${x1} ${y1}C${from} ${y1} ${to} ${y2} ${x2} ${y2}`, head: `M${x2 + back} ${y2 - 3.5}v7l${-back * 1.2} -3.500z` };
}
