import { expect, test } from "vitest";

import { fit, neighbour, pack, sizes, spotOf, tileAt } from "./pack";

const groups = (...counts: number[]) => counts.map((n, i) => ({ key: `g${i}`, title: `group ${i}`, rows: Array.from({ length: n }) }));
const size = sizes.find((one) => one.width === 24)!;

test("no two tiles overlap and none stands outside", () => {
  for (const width of [120, 330, 840, 2000]) {
    const packing = pack(groups(41, 33, 1, 18, 0, 200, 7), width, size);
    const spots = Array.from({ length: 300 }, (_, tile) => spotOf(packing, tile)!);
    expect(new Set(spots.map(({ x, y }) => `${x},${y}`)).size).toBe(300);
    expect(spots.filter(({ x, y }) => x < 0 || x + size.width > width || y + size.height > packing.height)).toEqual([]);
  }
});

test("a point on a tile is that tile, and the empty part of a block is none", () => {
  const packing = pack(groups(12, 7), 400, size);
  for (let tile = 0; tile < 19; tile++) {
    const at = spotOf(packing, tile)!;
    expect(tileAt(packing, at.x + 5, at.y + 5)).toBe(tile);
  }
  expect(tileAt(packing, 399, 5)).toBe(-1);
  expect(tileAt(packing, 5, packing.height + 100)).toBe(-1);
});

test("arrows reach every tile and come to rest at the edges", () => {
  const packing = pack(groups(9, 30, 3), 330, size);
  const reached = new Set([0]);
  const open = [0];
  while (open.length) {
    const tile = open.pop()!;
    for (const to of ["left", "right", "up", "down"] as const) {
      const next = neighbour(packing, tile, to);
      if (!reached.has(next)) {
        reached.add(next);
        open.push(next);
      }
    }
  }
  expect(reached.size).toBe(42);
  expect(neighbour(packing, 0, "up")).toBe(0);
  expect(neighbour(packing, 41, "right")).toBe(41);
});

test("few tiles have names, many are small, and zooming in makes them larger", () => {
  const room = { width: 840, height: 420 };
  expect(fit(groups(4, 3), room, room.width, 0).size.named).toBe(true);
  const many = groups(...Array.from({ length: 60 }, () => 83));
  expect(fit(many, room, room.width, 0).size).toBe(sizes.at(-1));
  expect(fit(many, room, room.width, 2).size.width).toBeGreaterThan(sizes.at(-1)!.width);
});

test("tiles keep their size when something is opened beside them", () => {
  const room = { width: 1188, height: 500 };
  const some = groups(...Array.from({ length: 12 }, () => 6));
  const [all, less] = [fit(some, room, room.width, 0), fit(some, room, 856, 0)];
  expect(less.size).toEqual(all.size);
  expect(all.height).toBeLessThanOrEqual(room.height);
});
