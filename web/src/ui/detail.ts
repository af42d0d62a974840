import { useEffect, useState } from "preact/hooks";

import { get, Failure } from "../request";
import { now } from "../store";

export interface Detail<T> {
  /** What was last answered for this path; stays while it is asked again and when that fails. */
  data: T | undefined;
  /** When that was, Unix seconds by the server's clock. */
  at: number;
  error: Failure | undefined;
  loading: boolean;
  again: () => void;
}

/** Asks for details on demand, again whenever the path or fresh changes (such as the row that they belong to). An empty path asks nothing. */
export function useDetail<T>(path: string, fresh?: unknown): Detail<T> {
  const [state, setState] = useState<{ path: string; data?: T; at: number; error?: Failure; loading: boolean }>({ path: "", at: 0, loading: false });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (!path) return;
    const stop = new AbortController();
    setState((before) => (before.path === path ? { ...before, loading: true } : { path, at: 0, loading: true }));
    get<T>(path, stop.signal).then(
      (data) => setState({ path, data, at: now(), loading: false }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const failure = error instanceof Failure ? error : new Failure(String(error), "", 0);
        setState((before) => ({ ...before, error: failure, loading: false }));
      },
    );
    return () => stop.abort();
  }, [path, fresh, tries]);
  const mine = state.path === path;
  return {
    data: mine ? state.data : undefined,
    at: mine ? state.at : 0,
    error: mine ? state.error : undefined,
    loading: path !== "" && (!mine || state.loading),
    again: () => setTries(tries + 1),
  };
}
