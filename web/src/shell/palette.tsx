import { useMemo, useRef, useState } from "preact/hooks";

import { Dialog } from "../ui";
import { close } from "./keys";
import { find, type Command } from "./commands";

/** Everything that can be done or gone to, found by a few letters. */
export function Palette() {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const found = useMemo(() => find(text), [text]);
  const pick = Math.min(at, found.length - 1);
  const run = (command: Command | undefined): void => {
    if (!command) return;
    close();
    setTimeout(command.run); // after the focus has gone back
  };
  const onKey = (event: KeyboardEvent): void => {
    const n = found.length;
    if (event.key === "ArrowDown" && n) setAt((pick + 1) % n);
    else if (event.key === "ArrowUp" && n) setAt((pick + n - 1) % n);
    else if (event.key === "Enter") run(found[pick]);
    else return;
    event.preventDefault();
    requestAnimationFrame(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
  };
  return (
    <Dialog title="" label="Command palette" onClose={close} bare>
      <div class="palette">
        <input
          type="text"
          role="combobox"
          aria-label="Go to or do"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={pick >= 0 ? `palette-${pick}` : undefined}
          placeholder="Go to a lens, workload or application, or do something…"
          spellcheck={false}
          autocomplete="off"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <ul id="palette-list" role="listbox" aria-label="Found" ref={list}>
          {found.map((command, i) => (
            <li key={command.id} id={`palette-${i}`} role="option" aria-selected={i === pick} onMouseMove={() => setAt(i)} onClick={() => run(command)}>
              <span class="palette-kind">{command.kind}</span>
              <bdi class="cut">{command.title}</bdi>
              {command.note && <span class="palette-note cut">{command.note}</span>}
            </li>
          ))}
          {found.length === 0 && <li class="palette-none">Nothing is called so.</li>}
        </ul>
      </div>
    </Dialog>
  );
}
