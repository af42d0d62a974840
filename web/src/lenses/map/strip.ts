// What happened in the last day, in bins, for the strip below the map.

import type { Drift, Release } from "../../api";
import { sortOf } from "../changes/timeline";

export const bins = 144; // of ten minutes
export const day = 86400;

export interface Bin {
  releases: number;
  failed: number;
  drift: number;
}

export function binned(releases: readonly Release[], drift: readonly Drift[], end: number): Bin[] {
  const all: Bin[] = Array.from({ length: bins }, () => ({ releases: 0, failed: 0, drift: 0 }));
  const at = (time: number): Bin | undefined => all[Math.floor(((time - (end - day)) / day) * bins)];
  for (const release of releases) {
    const bin = at(release.started);
    if (!bin) continue;
    bin.releases++;
    if (sortOf(release).tone === "bad") bin.failed++;
  }
  for (const one of drift) {
    const bin = at(one.since);
    if (bin) bin.drift++;
  }
  return all;
}
