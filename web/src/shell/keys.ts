// Keys of the whole page. Keys of one letter can be turned off, for people who speak to their computer.

import { signal } from "@preact/signals";

import { actionKey } from "../actions/keys";
import { go, lensNames, selection } from "../url";

/** The dialog of the shell that is open. */
export const shown = signal<"palette" | "help" | null>(null);
export const close = (): void => void (shown.value = null);

const kept = "fairlead-keys";
export const letterKeys = signal(read() !== "off");

function read(): string | null {
  try {
    return localStorage.getItem(kept);
  } catch {
    return null;
  }
}

export function setLetterKeys(on: boolean): void {
  letterKeys.value = on;
  try {
    localStorage.setItem(kept, on ? "on" : "off");
  } catch {
    // A browser that keeps nothing: it holds until the page is closed.
  }
}

export const queryId = "query";
export const focusQuery = (): void => {
  const input = document.getElementById(queryId) as HTMLInputElement | null;
  input?.focus();
  input?.setSelectionRange(input.value.length, input.value.length);
};

export function followKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]") || shown.value === "palette") shown.value = shown.value === "palette" ? null : "palette";
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && selection.value) return go({ selection: "" });
    if (letterKeys.value && letter(event.key)) event.preventDefault();
  });
}

function letter(key: string): boolean {
  const lens = lensNames[Number(key) - 1];
  if (lens) go({ lens });
  else if (key === "/") focusQuery();
  else if (key === "?") shown.value = "help";
  else return actionKey(key);
  return true;
}

const typing = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=radio],[type=checkbox]), textarea, select"));
