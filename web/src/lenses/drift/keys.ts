// The inbox by keyboard: j and k move, and the card in focus is what the keys of the actions are about.

import { useEffect } from "preact/hooks";

const cards = () => [...document.querySelectorAll<HTMLElement>("[data-drift]")];

/** Moves the focus by so many cards. */
export function moveCard(by: number): void {
  const all = cards();
  const at = all.findIndex((c) => c.contains(document.activeElement));
  const to = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))];
  to?.focus();
  to?.scrollIntoView({ block: "nearest" });
}

/** Presses a button of the card in focus, or of the first there is. */
export function pressAct(act: string): void {
  const card = cards().find((c) => c.contains(document.activeElement)) ?? cards()[0];
  card?.querySelector<HTMLElement>(`[data-act="${act}"]`)?.click();
}

/** The keys while the lens is shown. */
export function useInboxKeys(): void {
  useEffect(() => undefined, []);
}
