import { expect, test } from "vitest";
import { fieldLines, lineOf, pathSteps, yamlLines, type Field } from "./fields";

const field = (path: string, git: string, live: string, where = ""): Field => ({ path, git, live, where });
const text = (fields: Field[]) => fieldLines(fields).lines.map((l) => `${l.op}${l.text}${l.line > 0 ? ` :${l.line}` : ""}`);

test.each([
  ["spec.replicas", ["spec", "replicas"]],
  ["spec.containers[name=api].env[0].value", ["spec", "containers", "[name=api]", "env", "[0]", "value"]],
  ['metadata.annotations["a.b/c"]', ["metadata", "annotations", '["a.b/c"]']],
  ['data["x]y.z"].k', ["data", '["x]y.z"]', "k"]],
  ["metadata.labels.app.kubernetes.io/part-of", ["metadata", "labels", "app.kubernetes.io/part-of"]],
  ["data.app.properties", ["data", "app.properties"]],
  ["spec.data.of.a.kind", ["spec", "data", "of", "a", "kind"]],
  ["", []],
  ["spec.a[", ["spec", "a", "["]],
])("the steps of %s", (path, want) => {
  expect(pathSteps(path)).toEqual(want);
});

test("fields below one container stand together, with git's line", () => {
  const at = "spec.template.spec.containers[name=api]";
  const fields = [field(`${at}.image`, '"acme/api:2.3.0"', '"acme/api:2.3.1"', "apps/api.yaml:40"), field(`${at}.tty`, "", "true")];
  expect(fieldLines(fields).under).toBe("spec.template.spec");
  expect(text(fields)).toEqual([" containers:", " - name: api", "-  image: acme/api:2.3.0 :40", "+  image: acme/api:2.3.1", "+  tty: true"]);
});

test("fields of different maps share what is above both", () => {
  expect(text([field("spec.replicas", "2", "7"), field("spec.template.spec.hostNetwork", "false", "true")])).toEqual([
    "-replicas: 2",
    "+replicas: 7",
    " template:",
    "   spec:",
    "-    hostNetwork: false",
    "+    hostNetwork: true",
  ]);
});

test.each([
  ["k", '"x"', ["k: x"]],
  ["k", '"true"', ['k: "true"']],
  ["k", '"500m"', ["k: 500m"]],
  ["k", '"12"', ['k: "12"']],
  ["k", "<script>alert(1)</script>", ["k: <script>alert(1)</script>"]],
  ["k", '{"a":1,"b":[{"c":"d"}]}', ["k:", "  a: 1", "  b:", "    - c: d"]],
  ["k", "[]", ["k: []"]],
  ["k", '"a\\nb\\n"', ["k: |", "  a", "  b"]],
])("the value %s %s as YAML", (key, value, want) => {
  expect(yamlLines(key, value)).toEqual(want);
});

test("the line is what follows the last colon", () => {
  expect([lineOf("apps/x.yaml:41"), lineOf("apps/x.yaml"), lineOf("")]).toEqual([41, 0, 0]);
});
