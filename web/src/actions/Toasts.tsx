import { useEffect, useRef } from "preact/hooks";
import { Go } from "../ui";
import { safeLink } from "../words";
import { dismiss, toasts, type Toast } from "./ask";
import "./toasts.css";

const shownFor = 12_000; // ms

/** What came of actions, said to screen readers, too. */
export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.value.map((t) => (
      <OneToast key={t.id} toast={t} />
    ))}
  </div>
);

function OneToast({ toast }: { toast: Toast }) {
  const held = useRef(false);
  useEffect(() => {
    const timer = setInterval(() => held.current || dismiss(toast.id), shownFor);
    return () => clearInterval(timer);
  }, [toast.id]);
  const request = safeLink(toast.pullRequest ?? "");
  return (
    <div class="toast" onMouseEnter={() => (held.current = true)} onMouseLeave={() => (held.current = false)} onFocusIn={() => (held.current = true)} onFocusOut={() => (held.current = false)}>
      <i class="toast-mark" aria-hidden="true">
        ✓
      </i>
      <div>
        <p>{toast.done}</p>
        <p class="toast-links">
          {toast.commit && !toast.done.includes(toast.commit.slice(0, 7)) && (
            <span>
              commit <code>{toast.commit.slice(0, 7)}</code>
              {toast.branch && ` on ${toast.branch}`}
            </span>
          )}
          {request && (
            <a href={request} target="_blank" rel="noreferrer">
              Open the pull request
            </a>
          )}
          <Go to={{ lens: "changes", options: { app: toast.application } }}>Changes of {toast.application}</Go>
        </p>
      </div>
      <button type="button" class="quiet" aria-label="Put away" onClick={() => dismiss(toast.id)}>
        ✕
      </button>
    </div>
  );
}
