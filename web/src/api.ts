// What the server says, as the Go packages under internal/server write it. Times are Unix seconds by the server's clock, 0 is unknown.

export type Health = "healthy" | "progressing" | "degraded" | "suspended" | "missing" | "unknown";
export type Sync = "synced" | "drifted" | "behind" | "held" | "unmanaged" | "unknown";
export type Severity = "error" | "warning" | "info";

export interface Workload {
  /** "KIND.GROUP NAMESPACE/NAME", "KIND NAMESPACE/NAME" for the core group. */
  id: string;
  group: string;
  kind: string;
  namespace: string;
  name: string;
  /** Id of the application that delivers it, "" for none. */
  app: string;
  desired: number;
  ready: number;
  health: Health;
  why: string;
  sync: Sync;
  /** Number of fields that differ from git. */
  drift: number;
  /** 0 to 100, -1 unknown. */
  score: number;
  errors: number;
  warnings: number;
  images: string[];
  /** The newest version allowed, "" for none. */
  newer: string;
  /** "NODE:PODS" */
  nodes: string[];
  restarts: number;
  /** Last change of its pods' template. */
  changed: number;
  created: number;
  /** "KEY=VALUE" */
  labels: string[];
}

export interface Application {
  /** "NAMESPACE/NAME" */
  id: string;
  namespace: string;
  name: string;
  repo: string;
  ref: string;
  path: string;
  revision: string;
  author: string;
  subject: string;
  committed: number;
  synced: number;
  sync: Sync;
  ready: boolean;
  health: Health;
  message: string;
  suspended: string;
  suspendedBy: string;
  policy: "Revert" | "Alert" | "Ignore" | "";
  gate: string;
  score: number;
  errors: number;
  warnings: number;
  infos: number;
  drift: number;
  problems: number;
  release: number;
  /** The revision that the gate holds back, "" for none. */
  refused: string;
  pruneWaiting: number;
  workloads: number;
}

export interface Namespace {
  id: string;
  phase: string;
}

export interface Node {
  id: string;
  ready: boolean;
  why: string;
  zone: string;
  pods: number;
  capacity: number;
}

export type Cause = "commit" | "automation" | "rollback" | "drift" | "request" | "refused";

export interface Release {
  id: string;
  app: string;
  number: number;
  revision: string;
  previous: string;
  author: string;
  subject: string;
  committed: number;
  cause: Cause;
  by: string;
  started: number;
  finished: number;
  result: string;
  message: string;
  summary: string;
  changes: number;
  /** "front 1.4→1.5" */
  images: string[];
  /** Milliseconds by stage. */
  durations: Record<string, number> | null;
  errors: number;
  warnings: number;
}

export interface DriftField {
  path: string;
  git: string;
  live: string;
  who: string;
  manager: string;
  at: number;
  where: string;
  commit: string;
  author: string;
}

export interface Drift {
  id: string;
  app: string;
  object: string;
  kind: string;
  namespace: string;
  name: string;
  change: "changed" | "deleted";
  cause: "person" | "controller" | "unknown";
  who: string;
  manager: string;
  since: number;
  fields: DriftField[];
  /** Number of fields beyond those listed. */
  more: number;
  contested: boolean;
  reverts: number;
  /** It was put back lately. */
  reverted: boolean;
  next: string;
}

export interface Finding {
  id: string;
  app: string;
  practice: string;
  severity: Severity;
  category: string;
  object: string;
  namespace: string;
  name: string;
  where: string;
  field: string;
  message: string;
  fix: string;
}

export interface Image {
  id: string;
  app: string;
  image: string;
  current: string;
  newest: string;
  policy: string;
  why: string;
  held: string;
  where: string;
  checked: number;
  workloads: string[];
  pending: string;
}

export interface SourceProblem {
  where: string;
  object: string;
  message: string;
  next: string;
}

export interface Source {
  id: string;
  kind: "git" | "oci" | "helm" | "flux";
  url: string;
  ref: string;
  revision: string;
  fetched: number;
  failed: string;
  apps: number;
  problems: SourceProblem[];
}

export interface Notifier {
  id: string;
  namespace: string;
  name: string;
  kind: string;
  ready: boolean;
  why: string;
}

export interface DriftCheck {
  id: string;
  namespace: string;
  name: string;
  ready: boolean;
  drifted: number;
  why: string;
  checked: number;
}

export interface Edge {
  id: string;
  /** Workload id, or "host NAME". */
  from: string;
  to: string;
  relation: string;
  by: string;
  observed: boolean;
  /** Requests a second, 0 unknown. */
  rate: number;
}

/** The tables of the live model and the shape of their rows. */
export interface Tables {
  workloads: Workload;
  applications: Application;
  namespaces: Namespace;
  nodes: Node;
  releases: Release;
  drift: Drift;
  findings: Finding;
  images: Image;
  sources: Source;
  notifiers: Notifier;
  checks: DriftCheck;
  edges: Edge;
}
export type TableName = keyof Tables;
export type AnyRow = { id: string };

export interface Person {
  name: string;
  via: string;
}

/** A column is its values, or indices into words (-1 is ""). */
export type Column = unknown[] | { words: string[]; of: number[] };
export interface ColumnarTable {
  rows: number;
  columns: Record<string, Column>;
}

export interface Stale {
  since: number;
  why: string;
}

export interface State {
  revision: string;
  time: number;
  cluster: string;
  person: Person;
  version: string;
  stale?: Stale | null;
  unseen?: { table: string; why: string }[] | null;
  tables: Partial<Record<TableName, ColumnarTable>>;
}

export interface Delta {
  revision: string;
  time: number;
  tables: Partial<Record<TableName, { set?: AnyRow[]; gone?: string[] }>>;
}

// Details, on demand.

export interface Container {
  name: string;
  image: string;
  digest: string;
  ready: boolean;
  state: string;
}
export interface Pod {
  name: string;
  node: string;
  phase: string;
  ready: boolean;
  restarts: number;
  why: string;
  started: number;
  containers: Container[];
  ip: string;
}
export interface GraphNode {
  id: string;
  name: string;
  class: string;
  absent: boolean;
}
export interface WorkloadDetail {
  workload: Workload;
  verdict: string;
  pods: Pod[];
  dependsOn: Edge[];
  usedBy: Edge[];
  graph: { nodes: GraphNode[]; edges: Edge[] };
  source: { where: string; commit: string; author: string; url: string };
  findings: Finding[];
  history: Release[];
  drift: Drift[];
  images: Image[];
  yaml: string;
  /** What could not be read, and why. */
  unseen?: { what: string; why: string }[] | null;
}
export interface DiffLine {
  /** "…" stands for lines that were left out. */
  op: " " | "+" | "-" | "…";
  text: string;
  /** In the version that it is of, from 1. */
  line?: number;
}
export interface ObjectDiff {
  id: string;
  change: string;
  note?: string;
  lines: DiffLine[];
  /** Number of lines that are not listed. */
  more?: number;
}
