// The seven lenses. Each is a file of its own that is loaded when it is first opened; the map is there from the start.

import type { ComponentType } from "preact";

import type { LensName } from "../url";
import { lazy } from "../ui/lazy";
import { MapLens } from "./map";

export interface Lens {
  name: LensName;
  title: string;
  /** What it answers, for the palette and the help. */
  answers: string;
  View: ComponentType;
}

export const lenses: readonly Lens[] = [
  { name: "map", title: "Map", answers: "what runs where, where is trouble", View: MapLens },
  { name: "workload", title: "Workload", answers: "everything on one workload", View: lazy(() => import("./workload")) },
  { name: "changes", title: "Changes", answers: "what was deployed when, by whom, why", View: lazy(() => import("./changes")) },
  { name: "drift", title: "Drift", answers: "what is out of step, who did it", View: lazy(() => import("./drift")) },
  { name: "practices", title: "Practices", answers: "how each workload scores", View: lazy(() => import("./practices")) },
  { name: "images", title: "Images", answers: "what is new, old, held", View: lazy(() => import("./images")) },
  { name: "sources", title: "Sources", answers: "is delivery itself well", View: lazy(() => import("./sources")) },
];
