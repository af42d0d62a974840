import type { Workload } from "../../api";
import { row, rows } from "../../store";
import { go, selection } from "../../url";
import { Code, Name, StatusTag, Table, Time, type TableColumn } from "../../ui";
import { healthOf, syncOf } from "../../words";

const columns: readonly TableColumn<Workload>[] = [
  { key: "namespace", title: "Namespace", width: "1.1fr", cell: (w) => <Name>{w.namespace}</Name>, by: (w) => w.namespace },
  { key: "name", title: "Name", width: "1.6fr", cell: (w) => <b><Name>{w.name}</Name></b>, by: (w) => w.name },
  { key: "kind", title: "Kind", width: "1fr", cell: (w) => w.kind, by: (w) => w.kind },
  { key: "health", title: "Health", width: "1.1fr", cell: (w) => <StatusTag of={healthOf(w.health)} />, by: (w) => w.health },
  { key: "ready", title: "Ready", width: "68px", end: true, cell: (w) => (w.desired > 0 ? `${w.ready}/${w.desired}` : "–"), by: (w) => (w.desired > 0 ? w.ready / w.desired : 2) },
  { key: "sync", title: "Sync", width: "1.2fr", cell: (w) => <StatusTag of={syncOf(w.sync)} />, by: (w) => w.sync },
  { key: "score", title: "Score", width: "64px", end: true, cell: (w) => (w.score >= 0 ? w.score : "–"), by: (w) => w.score },
  { key: "newer", title: "Newer", width: "84px", cell: (w) => (w.newer ? <Code>{w.newer}</Code> : ""), by: (w) => w.newer },
  { key: "app", title: "Application", width: "1.1fr", cell: (w) => <Name>{row("applications", w.app)?.name ?? w.app}</Name>, by: (w) => w.app },
  { key: "changed", title: "Changed", width: "92px", end: true, cell: (w) => <Time at={w.changed} />, by: (w) => -w.changed },
];

/** The map as a table. */
export const Rows = ({ shown }: { shown: readonly Workload[] }) => {
  void rows("applications");
  return (
    <Table label="Workloads" rows={shown} columns={columns} id={(w) => w.id} selected={selection.value} onSelect={(w) => go({ selection: w.id }, true)} onOpen={(w) => go({ lens: "workload", selection: w.id })} />
  );
};
