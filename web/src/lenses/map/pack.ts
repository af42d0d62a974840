// Where tiles stand: each group is a block of so many rows, blocks fill shelves from left to right. Lengths are CSS pixels.

export interface TileSize {
  width: number;
  height: number;
  gap: number;
  /** Rows that a block has before it grows to the right. */
  rows: number;
  /** Whether a name has room. */
  named: boolean;
}

/** From large to small; the first that fits is taken. */
export const sizes: readonly TileSize[] = [
  { width: 188, height: 34, gap: 4, rows: 5, named: true },
  { width: 150, height: 28, gap: 4, rows: 7, named: true },
  { width: 34, height: 34, gap: 4, rows: 4, named: false },
  { width: 28, height: 28, gap: 3, rows: 4, named: false },
  { width: 24, height: 24, gap: 3, rows: 5, named: false },
  { width: 20, height: 20, gap: 3, rows: 5, named: false },
  { width: 16, height: 16, gap: 2, rows: 6, named: false },
  { width: 13, height: 13, gap: 2, rows: 8, named: false },
  { width: 10, height: 10, gap: 2, rows: 9, named: false },
  { width: 8, height: 8, gap: 1, rows: 10, named: false },
  { width: 6, height: 6, gap: 1, rows: 12, named: false },
];

export interface Block {
  key: string;
  title: string;
  x: number;
  y: number;
  columns: number;
  /** Number of tiles, and which the first is. */
  n: number;
  first: number;
  width: number;
}

export interface Packing {
  size: TileSize;
  blocks: readonly Block[];
  height: number;
}

const head = 22; // a block's title
const between = (size: TileSize): Spot => (size.height >= 13 ? { x: 22, y: 16 } : { x: 14, y: 10 });

type Groups = readonly { key: string; title: string; rows: readonly unknown[] }[];

export function pack(groups: Groups, width: number, size: TileSize): Packing {
  const step = size.width + size.gap;
  const apart = between(size);
  const most = Math.max(1, Math.floor((width + size.gap) / step));
  const blocks: Block[] = [];
  let x = 0;
  let y = 0;
  let shelf = 0;
  let first = 0;
  for (const group of groups) {
    const n = group.rows.length;
    const forTitle = Math.ceil(Math.min(240, group.title.length * 7 + 30) / step);
    const columns = Math.min(most, Math.max(1, Math.ceil(n / size.rows), Math.min(n, forTitle)));
    const wide = Math.max(columns * step - size.gap, Math.min(width, forTitle * step));
    if (x > 0 && x + wide > width) {
      x = 0;
      y += shelf + apart.y;
      shelf = 0;
    }
    blocks.push({ key: group.key, title: group.title, x, y, columns, n, first, width: wide });
    first += n;
    shelf = Math.max(shelf, head + Math.ceil(n / columns) * (size.height + size.gap) - size.gap);
    x += wide + apart.x;
  }
  return { size, blocks, height: y + shelf };
}

/** An area for tiles; a packing that is to fit may ask for less width than there is. */
export interface Area {
  width: number;
  height: number;
}

/**
 * The packing with the largest tiles that need no scrolling within room, or with the smallest; zoom takes so many sizes more or less. Where it
 * stands there may be less width than room has, when something was opened beside it: tiles keep their size then.
 */
export function fit(groups: Groups, room: Area, width: number, zoom: number): Packing {
  let at = sizes.findIndex((size) => quickHeight(groups, room.width, size) <= room.height && pack(groups, room.width, size).height <= room.height);
  if (at < 0) at = sizes.length - 1;
  const size = sizes[Math.max(0, Math.min(sizes.length - 1, at - zoom))]!;
  return pack(groups, width, size.named ? widened(groups, room.width, size) : size);
}

const widest = 250;

/** Names get the width that is there, as long as nothing moves to another shelf for it. */
function widened(groups: Groups, width: number, size: TileSize): TileSize {
  const { height } = pack(groups, width, size);
  for (let wide = widest; wide > size.width; wide -= 8) {
    const wider = { ...size, width: wide };
    if (pack(groups, width, wider).height <= height) return wider;
  }
  return size;
}

/** The height if there were no groups: less than what the packing needs. */
function quickHeight(groups: Groups, width: number, size: TileSize): number {
  const columns = Math.max(1, Math.floor(width / (size.width + size.gap)));
  return (groups.reduce((n, group) => n + group.rows.length, 0) / columns) * (size.height + size.gap);
}

export interface Spot {
  x: number;
  y: number;
}

/** The upper left corner of a tile of a block. */
export function spot(packing: Packing, block: Block, i: number): Spot {
  const { width, height, gap } = packing.size;
  return { x: block.x + (i % block.columns) * (width + gap), y: block.y + head + Math.floor(i / block.columns) * (height + gap) };
}

/** The block that a tile is in. */
export function blockOf(packing: Packing, tile: number): Block | undefined {
  let low = 0;
  let high = packing.blocks.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const block = packing.blocks[middle]!;
    if (tile < block.first) high = middle - 1;
    else if (tile >= block.first + block.n) low = middle + 1;
    else return block;
  }
  return undefined;
}

export function spotOf(packing: Packing, tile: number): Spot | undefined {
  const block = blockOf(packing, tile);
  return block && spot(packing, block, tile - block.first);
}

/** The tile at a point, -1 for none; what is between two tiles belongs to the one before. */
export function tileAt(packing: Packing, x: number, y: number): number {
  const { width, height, gap } = packing.size;
  for (const block of packing.blocks) {
    const column = Math.floor((x - block.x) / (width + gap));
    const row = Math.floor((y - block.y - head) / (height + gap));
    if (column < 0 || column >= block.columns || row < 0 || y < block.y) continue;
    const i = row * block.columns + column;
    if (i < block.n) return block.first + i;
  }
  return -1;
}

export type Direction = "left" | "right" | "up" | "down";

/** The tile that an arrow leads to from another. */
export function neighbour(packing: Packing, tile: number, to: Direction): number {
  const total = packing.blocks.reduce((n, block) => n + block.n, 0);
  if (to === "left") return Math.max(0, tile - 1);
  if (to === "right") return Math.min(total - 1, tile + 1);
  const block = blockOf(packing, tile);
  if (!block) return 0;
  const within = tile + (to === "up" ? -block.columns : block.columns);
  if (within >= block.first && within < block.first + block.n) return within;
  const last = block.first + block.n - 1;
  const rowOf = (one: number): number => Math.floor((one - block.first) / block.columns);
  if (to === "down" && rowOf(tile) < rowOf(last)) return last;
  return beyond(packing, block, spotOf(packing, tile)!, to) ?? tile;
}

/** The nearest tile of the shelf above or below. */
function beyond(packing: Packing, from: Block, at: Spot, to: "up" | "down"): number | undefined {
  const shelves = [...new Set(packing.blocks.map((block) => block.y))];
  const shelf = shelves[shelves.indexOf(from.y) + (to === "up" ? -1 : 1)];
  let best: { tile: number; away: number } | undefined;
  for (const block of packing.blocks) {
    if (block.y !== shelf) continue;
    for (let i = 0; i < block.n; i++) {
      const place = spot(packing, block, i);
      const away = Math.abs(place.x - at.x) + Math.abs(place.y - at.y) * 2;
      if (!best || away < best.away) best = { tile: block.first + i, away };
    }
  }
  return best?.tile;
}
