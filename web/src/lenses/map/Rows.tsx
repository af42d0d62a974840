import type { Workload } from "../../api";
import { go, selection } from "../../url";
import { Code, Name, StatusTag, Table, Time, type TableColumn } from "../../ui";
import { healthOf, syncOf } from "../../words";

const columns: readonly TableColumn<Workload>[] = [
  {
    key: "name",
    title: "Workload",
    width: "2.4fr",
    cell: (w) => (
      <bdi>
        <span class="soft">{w.namespace} / </span>
        <b>
          <Name>{w.name}</Name>
        </b>
      </bdi>
    ),
    by: (w) => `${w.namespace}/${w.name}`,
  },
  { key: "kind", title: "Kind", width: "1fr", cell: (w) => w.kind, by: (w) => w.kind },
  { key: "health", title: "Health", width: "116px", cell: (w) => <StatusTag of={healthOf(w.health)} />, by: (w) => w.health },
  { key: "ready", title: "Ready", width: "66px", end: true, cell: (w) => (w.desired > 0 ? `${w.ready}/${w.desired}` : "–"), by: (w) => (w.desired > 0 ? w.ready / w.desired : 2) },
  { key: "sync", title: "Sync", width: "136px", cell: (w) => <StatusTag of={syncOf(w.sync)} />, by: (w) => w.sync },
  { key: "score", title: "Score", width: "64px", end: true, cell: (w) => (w.score >= 0 ? w.score : "–"), by: (w) => w.score },
  { key: "newer", title: "Newer", width: "76px", cell: (w) => (w.newer ? <Code>{w.newer}</Code> : ""), by: (w) => w.newer },
  { key: "changed", title: "Changed", width: "102px", end: true, cell: (w) => <Time at={w.changed} />, by: (w) => -w.changed },
];

/** The map as a table. */
export const Rows = ({ shown }: { shown: readonly Workload[] }) => (
  <Table label="Workloads" rows={shown} columns={columns} id={(w) => w.id} selected={selection.value} onSelect={(w) => go({ selection: w.id }, true)} onOpen={(w) => go({ lens: "workload", selection: w.id })} />
);
