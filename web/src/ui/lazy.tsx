import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

import { Failure } from "../request";
import { ErrorNote } from "./notes";

/** A component whose file is loaded when it is first drawn. */
export function lazy(load: () => Promise<{ default: ComponentType }>): ComponentType {
  const view = signal<ComponentType | null>(null);
  const error = signal<Failure | null>(null);
  let asked: Promise<void> | null = null;
  const ask = (): void => {
    asked ??= load().then(
      (module) => void (view.value = module.default),
      () => {
        asked = null;
        error.value = new Failure("this part of the page could not be loaded", "the program may have been updated: load the page anew", 0);
      },
    );
  };
  return function Lazy() {
    ask();
    const View = view.value;
    if (View) return <View />;
    return error.value ? <ErrorNote error={error.value} again={ask} /> : <div class="waiting" aria-busy="true" />;
  };
}
