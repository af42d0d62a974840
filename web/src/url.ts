// Everything that is shown is in the address, so that every view can be sent to a colleague:
// /?lens=drift&q=ns:shop&sel=Deployment.apps shop/front&KEY=VALUE

import { computed, signal, type ReadonlySignal } from "@preact/signals";

export const lensNames = ["map", "workload", "changes", "drift", "practices", "images", "sources"] as const;
export type LensName = (typeof lensNames)[number];

export interface Place {
  lens: LensName;
  /** The query as typed. */
  query: string;
  /** Id of the selected workload, "" for none. */
  selection: string;
  /** What a lens remembers beside that: grouping, a release, the time span. */
  options: Record<string, string>;
}

const own = new Set(["lens", "q", "sel"]);
const longest = 4000;

export function parse(search: string): Place {
  const params = new URLSearchParams(search);
  const lens = params.get("lens") as LensName | null;
  const options: Record<string, string> = {};
  for (const [key, value] of params) if (!own.has(key)) options[key] = value.slice(0, longest);
  return {
    lens: lens && lensNames.includes(lens) ? lens : "map",
    query: (params.get("q") ?? "").slice(0, longest),
    selection: (params.get("sel") ?? "").slice(0, longest),
    options,
  };
}

/** The address of a place: "/" for the map of everything. Values stay readable: only what would change the meaning is escaped. */
export function format(place: Place): string {
  const parts: string[] = [];
  const put = (key: string, value: string): void => {
    if (value) parts.push(`${quote(key)}=${quote(value)}`);
  };
  put("lens", place.lens === "map" ? "" : place.lens);
  put("q", place.query);
  put("sel", place.selection);
  for (const key of Object.keys(place.options).sort()) if (!own.has(key)) put(key, place.options[key] ?? "");
  return "/" + (parts.length ? "?" + parts.join("&") : "");
}

const quote = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(/%(?:3A|2F|2C|40|3C|3E|3D|2A)/g, decodeURIComponent).replace(/%20/g, "+");

export const place = signal<Place>(parse(typeof location === "undefined" ? "" : location.search));
export const lens: ReadonlySignal<LensName> = computed(() => place.value.lens);
export const query: ReadonlySignal<string> = computed(() => place.value.query);
export const selection: ReadonlySignal<string> = computed(() => place.value.selection);

/** Goes to another place. With replace the step back leads to the place before (typing, dragging). */
export function go(change: Partial<Place>, replace = false): void {
  const next = { ...place.value, ...change };
  const address = format(next);
  if (address === format(place.value)) return;
  if (!replace) {
    write();
    history.pushState(null, "", address);
  } else {
    // Browsers refuse too many of these in a row, as fast typing makes them.
    pending ??= setTimeout(write, 250);
  }
  place.value = next;
}

let pending: ReturnType<typeof setTimeout> | undefined;
function write(): void {
  if (pending === undefined) return;
  clearTimeout(pending);
  pending = undefined;
  history.replaceState(null, "", format(place.value));
}

export const open = (lens: LensName, change: Partial<Place> = {}): void => go({ lens, ...change });
export const select = (id: string): void => go({ selection: id });

/** The value of an option, "" when not set; components that read it are drawn anew when it changes. */
export const option = (key: string): string => place.value.options[key] ?? "";

export function setOption(key: string, value: string, replace = true): void {
  go({ options: { ...place.value.options, [key]: value } }, replace);
}

/** The address of a change of place, for links that can be opened in another tab. */
export const href = (change: Partial<Place>): string => format({ ...place.value, ...change });

/** Follows the browser's back and forward. */
export function followHistory(): void {
  place.value = parse(location.search);
  addEventListener("popstate", () => {
    clearTimeout(pending);
    pending = undefined;
    place.value = parse(location.search);
  });
  addEventListener("pagehide", write);
}
