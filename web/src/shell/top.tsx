import { useEffect, useRef } from "preact/hooks";

import { lenses } from "../lenses";
import { post } from "../request";
import { signedOut } from "../session";
import { about, live, matching, rows, span } from "../store";
import { setTheme, theme, themes } from "../theme";
import { lens, setOption } from "../url";
import { Button, Go, Key, Seg } from "../ui";
import { Logo } from "../ui/icons";
import { clock, count } from "../words";
import { shown } from "./keys";
import { QueryBox } from "./query";

const dots = { loading: ["wait", "loading"], live: ["ok", "live"], stale: ["old", "stale"], lost: ["old", "no connection"] } as const;
const mac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

export function Top() {
  const all = rows("workloads").length;
  const [tone, word] = dots[live.value.is];
  const title = `${lenses.find((one) => one.name === lens.value)!.title} · ${about.value?.cluster || "Fairlead"}`;
  useEffect(() => void (document.title = title), [title]);
  return (
    <header class="top">
      <Go to={{ lens: "map", query: "", selection: "", options: {} }} class="logo" title="The map of everything">
        <Logo />
        <span>Fairlead</span>
      </Go>
      {about.value?.cluster && <bdi class="cluster cut">{about.value.cluster}</bdi>}
      <QueryBox />
      <output class="count" aria-live="polite" title="workloads that the query leaves">
        {about.value ? (matching.value.length === all ? count(all) : `${count(matching.value.length)} of ${count(all)}`) : ""}
      </output>
      {span.value && (
        <Button quiet class="looking" title="Only what something happened to in this time; back to now" onClick={() => setOption("span", "")}>
          {clock(span.value.from)} – {clock(span.value.to)} ✕
        </Button>
      )}
      <span class="grow" />
      <span class={`live ${tone}`} title={live.value.is === "live" ? "Changes are shown as they happen" : undefined}>
        <i aria-hidden="true" />
        <span>{word}</span>
      </span>
      <Button quiet class="palette-key" onClick={() => (shown.value = "palette")} aria-label={`${mac ? "⌘" : "Ctrl"} K: command palette`} title="Lenses, workloads, applications, actions">
        <Key>{mac ? "⌘" : "Ctrl"} K</Key>
      </Button>
      <Me />
    </header>
  );
}

const ways: Record<string, string> = { token: "by a token", oidc: "by single sign-on", link: "by a link", local: "by your kubeconfig" };

/** Who is signed in; theme, help, signing out. */
function Me() {
  const menu = useRef<HTMLDivElement>(null);
  const person = about.value?.person;
  const signOut = (): void => {
    menu.current?.hidePopover();
    void post("sign-out", {}).then(
      () => signedOut("You have signed out."),
      () => undefined,
    );
  };
  return (
    <>
      <button type="button" class="quiet me" popoverTarget="me">
        <bdi class="cut">{person?.name || "Menu"}</bdi>
        <i aria-hidden="true">▾</i>
      </button>
      <div id="me" ref={menu} popover="auto" class="menu">
        {person?.name && (
          <p class="menu-who">
            <bdi>{person.name}</bdi>
            {person.via && <span class="soft"> {ways[person.via] ?? `by ${person.via}`}</span>}
          </p>
        )}
        <Seg label="Theme" choices={themes.map((value) => ({ value, label: value[0]!.toUpperCase() + value.slice(1) }))} value={theme.value} onChange={setTheme} />
        <div class="menu-lines">
          <Button
            quiet
            onClick={() => {
              menu.current?.hidePopover();
              shown.value = "help";
            }}
          >
            Keys and query <Key>?</Key>
          </Button>
          {person?.via !== "local" && person?.name && (
            <Button quiet onClick={signOut}>
              Sign out
            </Button>
          )}
        </div>
        {about.value?.version && <p class="faint">Fairlead {about.value.version}</p>}
      </div>
    </>
  );
}
