// Whether somebody is signed in. What was typed stays: the sign-in covers the page and does not replace it.

import { signal } from "@preact/signals";

/** Why one has to sign in, null while the session holds. */
export const out = signal<{ why: string } | null>(null);

export function signedOut(why: string): void {
  out.value = { why };
}
