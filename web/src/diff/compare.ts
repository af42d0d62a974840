// Two points of an application compared. The server goes from what runs to a revision; the other direction is the same, flipped.

import type { ObjectDiff } from "../api";
import { useDetail, type Detail } from "../ui";
import { flip } from "./lines";

export interface Comparison {
  objects: ObjectDiff[];
  problems?: { where: string; object: string; message: string; next?: string }[] | null;
  note?: string;
}

/** Compares an application at from with it at to: a release's number, a revision, "git" or "live". An empty application asks nothing. */
export function useComparison(application: string, from: string, to: string, fresh?: unknown): Detail<Comparison> {
  const flipped = to === "live" && from !== "live";
  const query = new URLSearchParams({ application, from: flipped ? "live" : from, to: flipped ? from : to });
  const detail = useDetail<Comparison>(application === "" || from === to ? "" : `compare?${query.toString()}`, fresh);
  if (!flipped || !detail.data) return detail;
  return { ...detail, data: { ...detail.data, objects: (detail.data.objects ?? []).map((o) => ({ ...o, change: changes[o.change] ?? o.change, lines: flip(o.lines) })) } };
}

// What was to be done to make the cluster as git has it, said of the cluster.
const changes: Record<string, string> = { create: "only in git", prune: "only in the cluster", update: "differs", replace: "differs" };
