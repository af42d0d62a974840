import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** A modal dialog of the browser's own: focus stays in it, Escape closes it, focus goes back to where it was. */
export function Dialog(props: { title: ComponentChildren; label?: string; onClose: () => void; children: ComponentChildren; wide?: boolean; bare?: boolean }) {
  const box = useRef<HTMLDialogElement>(null);
  // At once: what is typed next belongs to the dialog.
  useLayoutEffect(() => {
    const dialog = box.current!;
    const before = document.activeElement as HTMLElement | null;
    if (!dialog.open) dialog.showModal();
    return () => {
      dialog.close();
      before?.focus?.();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={`${props.wide ? "wide" : ""} ${props.bare ? "bare" : ""}`}
      aria-label={props.label ?? (typeof props.title === "string" ? props.title : undefined)}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onClick={(event) => event.target === box.current && props.onClose()}
    >
      <div class="dialog-body">
        {!props.bare && (
          <header class="dialog-head">
            <h2>{props.title}</h2>
            <button type="button" class="quiet close" aria-label="Close" onClick={props.onClose}>
              ✕
            </button>
          </header>
        )}
        {props.children}
      </div>
    </dialog>
  );
}
