import { actionKeys } from "../actions/keys";
import { fields } from "../query/fields";
import { Dialog, Key } from "../ui";
import { close, letterKeys, setLetterKeys } from "./keys";

const keys: readonly (readonly [string, string])[] = [
  ["Ctrl K", "palette: lenses, workloads, applications, actions"],
  ["/", "query"],
  ["1 … 7", "lenses"],
  ["← ↑ ↓ →", "move on the map, in tables and lists"],
  ["Enter", "open what is selected"],
  ["+ −", "zoom the map, 0 fits it"],
  ["Esc", "close, or select nothing"],
  ["?", "this help"],
  ...actionKeys.map((one) => [one.key, one.says] as const),
];

const says: Record<string, string> = {
  ns: "namespace",
  app: "application, with or without its namespace",
  drift: "yes, no or how many fields",
  newer: "yes: a newer image is allowed",
  label: "k or k=v",
  changed: "age: <2h, >3d",
  score: "of the practices: <80",
  repo: "repository, or its last part",
  is: "bad: not healthy, drifted or held",
};

export function Help() {
  return (
    <Dialog title="Keys and query" onClose={close} wide>
      <div class="help">
        <section>
          <h3>Keys</h3>
          <dl>
            {keys.map(([key, what]) => (
              <div key={key}>
                <dt>
                  <Key>{key}</Key>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <label class="check">
            <input type="checkbox" checked={letterKeys.value} onChange={(event) => setLetterKeys(event.currentTarget.checked)} /> keys of one letter are on
          </label>
        </section>
        <section>
          <h3>Query</h3>
          <p class="soft">Words with blanks between; all must hold. A word alone is part of a name, namespace, application, kind or image.</p>
          <dl>
            <div>
              <dt>
                <code>ns:a,b</code>
              </dt>
              <dd>either</dd>
            </div>
            <div>
              <dt>
                <code>-kind:Job</code>
              </dt>
              <dd>not</dd>
            </div>
            <div>
              <dt>
                <code>name:api-*</code>
              </dt>
              <dd>anything in its place</dd>
            </div>
            {fields
              .filter((field) => says[field.name] ?? field.offers)
              .map((field) => (
                <div key={field.name}>
                  <dt>
                    <code>{field.name}:</code>
                  </dt>
                  <dd>{says[field.name] ?? field.offers!.join(", ")}</dd>
                </div>
              ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
