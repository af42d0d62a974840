// Which workloads stand together.

import type { Workload } from "../../api";

export const groupings = { namespace: "namespace", node: "node", app: "application", source: "source" } as const;
export type Grouping = keyof typeof groupings;

export interface Group {
  key: string;
  title: string;
  rows: Workload[];
}

/** Groups by name, those of nothing last; a workload stands on each node that its pods run on. Order within stays. */
export function groupBy(rows: readonly Workload[], by: Grouping, repo: (app: string) => string): Group[] {
  const groups = new Map<string, Workload[]>();
  const put = (key: string, row: Workload): void => {
    const there = groups.get(key);
    if (there) there.push(row);
    else groups.set(key, [row]);
  };
  for (const row of rows) {
    if (by === "namespace") put(row.namespace, row);
    else if (by === "app") put(row.app, row);
    else if (by === "source") put(repo(row.app), row);
    else if (row.nodes?.length) for (const node of row.nodes) put(node.split(":", 1)[0]!, row);
    else put("", row);
  }
  return [...groups]
    .map(([key, members]) => ({ key, title: title(key, by), rows: members }))
    .sort((a, b) => Number(a.key === "") - Number(b.key === "") || collator.compare(a.key, b.key));
}

const collator = new Intl.Collator("en", { numeric: true });
const nothing: Record<Grouping, string> = { namespace: "no namespace", node: "on no node", app: "no application", source: "from no source" };

function title(key: string, by: Grouping): string {
  if (key === "") return nothing[by];
  if (by === "source") return key.replace(/^[a-z+]+:\/\//, "").replace(/\.git$/, "");
  if (by === "app") {
    const [namespace, name] = key.split("/");
    return namespace === name ? name! : key;
  }
  return key;
}
