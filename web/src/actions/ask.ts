// What a person asks for: the dialog that is open, and what came of the ones before.

import { signal } from "@preact/signals";
import type { Asked, Done } from "./model";

/** The action whose dialog is open. */
export const asking = signal<Asked | null>(null);

/** Opens the dialog of an action: it shows what would happen first. */
export const ask = (asked: Asked): void => void (asking.value = asked);

/** What came of an action, told until it is put away. */
export interface Toast extends Done {
  id: number;
  application: string;
}

export const toasts = signal<readonly Toast[]>([]);
let last = 0;

/** Tells what was done; it goes by itself after a while unless a person looks at it. */
export function tell(application: string, done: Done): void {
  toasts.value = [...toasts.value.slice(-3), { ...done, application, id: ++last }];
}

export const dismiss = (id: number): void => void (toasts.value = toasts.value.filter((t) => t.id !== id));
