// Workloads and applications as a query sees them.

import type { Application, Workload } from "../api";
import type { Row } from "./fields";

const none: readonly string[] = [];
const texts = new WeakMap<Workload, string>();

/** One reader for all rows: no object is made for each of them. repo tells the repository of an application. */
export class WorkloadRow implements Row {
  row!: Workload;
  private readonly one: string[] = [""];

  constructor(private readonly repo: (app: string) => string) {}

  words(field: string): readonly string[] {
    const row = this.row;
    switch (field) {
      case "image":
        return row.images ?? none;
      case "node":
        return row.nodes ?? none;
      case "label":
        return row.labels ?? none;
      case "ns":
        return this.only(row.namespace);
      case "repo":
        return this.only(this.repo(row.app));
      case "name":
      case "kind":
      case "app":
      case "health":
      case "sync":
      case "newer":
      case "id":
        return this.only(row[field]);
      default:
        return none;
    }
  }

  text(): string {
    const { row } = this;
    let text = texts.get(row);
    if (text === undefined) texts.set(row, (text = [row.name, row.namespace, row.app, row.kind, ...(row.images ?? none)].join("\n").toLowerCase()));
    return text;
  }

  number(field: string): number | undefined {
    switch (field) {
      case "drift":
      case "score":
      case "errors":
      case "warnings":
      case "restarts":
      case "changed":
        return this.row[field];
      default:
        return undefined;
    }
  }

  private only(word: string): readonly string[] {
    this.one[0] = word;
    return this.one;
  }
}

/** An application, for queries that mean it and not its workloads. */
export class ApplicationRow implements Row {
  row!: Application;

  words(field: string): readonly string[] {
    const { row } = this;
    switch (field) {
      case "ns":
        return [row.namespace];
      case "kind":
        return ["Application"];
      case "app":
        return [row.id];
      case "name":
      case "health":
      case "sync":
      case "repo":
      case "id":
        return [row[field]];
      default:
        return none;
    }
  }

  number(field: string): number | undefined {
    switch (field) {
      case "drift":
      case "score":
      case "errors":
      case "warnings":
        return this.row[field];
      case "changed":
        return this.row.synced;
      default:
        return undefined;
    }
  }
}
