import { expect, test } from "vitest";
import type { Finding } from "../../api";
import { byPractice, heatOf } from "./heat";

const finding = (namespace: string, category: string, severity: Finding["severity"], practice = "p"): Finding => ({ id: "", app: "", practice, severity, category, object: "", namespace, name: "", where: "", field: "", message: "", fix: "" });

test("failing namespaces come first, clean ones stay, a category nobody knows gets a column", () => {
  const heat = heatOf([finding("web", "Services", "warning"), finding("shop", "Own practices", "error"), finding("shop", "Services", "info")], ["clean"], ["Services", "Deployments"]);
  expect(heat.categories).toEqual(["Services", "Deployments", "Own practices"]);
  expect(heat.rows.map((r) => [r.name, ...r.cells.map((c) => `${c.errors}/${c.warnings}/${c.infos}`)])).toEqual([
    ["shop", "0/0/1", "0/0/0", "1/0/0"],
    ["web", "0/1/0", "0/0/0", "0/0/0"],
    ["clean", "0/0/0", "0/0/0", "0/0/0"],
  ]);
});

test("practices: errors first, then those that break most", () => {
  const groups = byPractice([finding("a", "", "warning", "few"), finding("a", "", "warning", "many"), finding("b", "", "warning", "many"), finding("a", "", "info", "worst"), finding("b", "", "error", "worst")]);
  expect(groups.map((g) => `${g.practice} ${g.severity} ${g.findings.map((f) => f.severity)}`)).toEqual(["worst error error,info", "many warning warning,warning", "few warning warning"]);
});
