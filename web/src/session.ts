// Whether somebody is signed in. What was typed stays: the sign-in covers the page and does not replace it.

import { signal } from "@preact/signals";

/** Why one has to sign in, null while the session holds. */
export const out = signal<{ why: string } | null>(null);

/** Tells that nobody is signed in any more; the first reason given stays. */
export function signedOut(why: string): void {
  if (!out.value?.why) out.value = { why };
}
