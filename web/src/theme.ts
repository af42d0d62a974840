// Light, dark or as the system has it; kept in this browser.

import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
export const themes: readonly Theme[] = ["system", "light", "dark"];
const key = "fairlead-theme";

const kept = (): Theme => {
  try {
    const text = localStorage.getItem(key) as Theme | null;
    return text && themes.includes(text) ? text : "system";
  } catch {
    return "system";
  }
};

export const theme = signal<Theme>(kept());

export function setTheme(next: Theme): void {
  theme.value = next;
  try {
    localStorage.setItem(key, next);
  } catch {
    // A browser that keeps nothing: it holds until the page is closed.
  }
  applyTheme();
}

export function applyTheme(): void {
  document.documentElement.style.colorScheme = theme.value === "system" ? "light dark" : theme.value;
}

/** Counts the changes of what colours are, for what is painted on a canvas. */
export const repaint = signal(0);
if (typeof matchMedia !== "undefined") matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => repaint.value++);
