import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

import { parse } from "../query";
import { completion, parsed } from "../store";
import { go, query } from "../url";
import { Key } from "../ui";
import { queryId } from "./keys";

/** Where the caret is while the box has the focus, null otherwise. */
const caret = signal<number | null>(null);
const chosen = signal(-1);
const put = signal(false); // the list was put away

/** One line for the query: text while it is typed, chips while it is read. */
export function QueryBox() {
  const input = useRef<HTMLInputElement>(null);
  const offered = caret.value === null || put.value ? null : completion(query.value, caret.value);
  const whole = offered?.options.length === 1 && offered.options[0] === query.value.slice(offered.from, offered.to);
  const options = whole ? [] : (offered?.options ?? []);
  const error = parsed.value.error;
  const pick = Math.min(chosen.value, options.length - 1);

  // After a completion the caret goes where that ends.
  const after = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (after.current === null) return;
    input.current?.setSelectionRange(after.current, after.current);
    caret.value = after.current;
    after.current = null;
  });

  const accept = (option: string): void => {
    if (!offered) return;
    const rest = query.value.slice(offered.to);
    const text = option + (option.endsWith(":") || rest.startsWith(" ") ? "" : " ");
    after.current = offered.from + text.length;
    chosen.value = -1;
    go({ query: query.value.slice(0, offered.from) + text + rest }, true);
  };
  const onKey = (event: KeyboardEvent): void => {
    const n = options.length;
    if (event.key === "ArrowDown" && n) chosen.value = (pick + 1) % n;
    else if (event.key === "ArrowUp" && n) chosen.value = (pick + n) % n;
    else if ((event.key === "Enter" || event.key === "Tab") && pick >= 0 && !event.shiftKey) accept(options[pick]!);
    else if (event.key === "Enter") input.current?.blur();
    else if (event.key === "Escape") {
      if (offered && n && !put.value) put.value = true;
      else input.current?.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const look = (): void => void (caret.value = input.current?.selectionStart ?? null);
  const focused = caret.value !== null;
  return (
    <div class={`q ${error ? "wrong" : ""} ${focused ? "focused" : ""}`} role="search">
      <span class="q-key" aria-hidden="true">
        /
      </span>
      <div class="q-field">
        {error && <Wavy text={query.value} at={error.at} to={Math.max(error.to, error.at + 1)} />}
        <input
          ref={input}
          id={queryId}
          type="text"
          role="combobox"
          aria-label="Query: which workloads to show"
          aria-expanded={focused && options.length > 0}
          aria-controls="q-options"
          aria-autocomplete="list"
          aria-activedescendant={pick >= 0 ? `q-${pick}` : undefined}
          aria-invalid={error !== null}
          aria-describedby={error ? "q-error" : undefined}
          placeholder="ns:shop health:degraded changed:<2h -kind:Job"
          maxLength={1000}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          value={query.value}
          onInput={(event) => {
            put.value = false;
            chosen.value = -1;
            go({ query: event.currentTarget.value }, true);
            look();
          }}
          onKeyDown={onKey}
          onKeyUp={look}
          onClick={look}
          onFocus={() => {
            put.value = false;
            chosen.value = -1;
            look();
          }}
          onBlur={() => (caret.value = null)}
        />
        {!focused && query.value !== "" && !error && <Chips />}
      </div>
      {query.value !== "" && (
        <button type="button" class="quiet q-clear" aria-label="Clear the query" onClick={() => go({ query: "" })}>
          ✕
        </button>
      )}
      {focused && (error || options.length > 0) && (
        <div class="q-drop">
          <ul id="q-options" role="listbox" aria-label="What may stand here">
            {options.map((option, i) => (
              <li
                key={option}
                id={`q-${i}`}
                role="option"
                aria-selected={i === pick}
                onMouseDown={(event) => {
                  event.preventDefault();
                  accept(option);
                }}
              >
                {option}
              </li>
            ))}
          </ul>
          <p class="q-help">
            <Key>↑</Key> <Key>↓</Key> <Key>Tab</Key> complete · <code>-word</code> leaves out · <code>a,b</code> either · <code>*</code> anything
          </p>
        </div>
      )}
      {error && (
        <p id="q-error" class={`q-error ${focused ? "" : "alone"}`} role="alert">
          {error.message}
        </p>
      )}
    </div>
  );
}

/** The place of an error, underlined in a copy of the text below it. */
const Wavy = ({ text, at, to }: { text: string; at: number; to: number }) => (
  <div class="q-wavy" aria-hidden="true">
    {text.slice(0, at)}
    <u>{text.slice(at, to) || " "}</u>
  </div>
);

/** The words of the query, drawn over the box while nobody types; a click goes through to it. */
function Chips() {
  const text = query.value;
  return (
    <div class="q-chips" aria-hidden="true">
      {parse(text).terms.map((term) => (
        <span key={term.at} class={`chip ${term.not ? "not" : ""}`}>
          {text.slice(term.not ? term.at + 1 : term.at, term.to)}
        </span>
      ))}
    </div>
  );
}
