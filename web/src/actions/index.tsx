// What the shell mounts once: the dialog of the action that is asked for, and what came of those before.

import { lazy } from "../ui/lazy";
import { asking } from "./ask";
import { Toasts } from "./Toasts";

const ActionDialog = lazy(() => import("./ActionDialog"));

export function Actions() {
  return (
    <>
      {asking.value && <ActionDialog />}
      <Toasts />
    </>
  );
}

export { ask } from "./ask";
export type { Asked, Verb } from "./model";
