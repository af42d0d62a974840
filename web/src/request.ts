// Requests to the server: JSON in and out, errors with their next step, the session's end told once.

import { signedOut } from "./session";

/** What went wrong, in words, and what to do next ("" when nothing is known). */
export class Failure extends Error {
  constructor(
    message: string,
    readonly next: string,
    /** HTTP status, 0 when the server did not answer. */
    readonly status: number,
    /** What came with the error, such as the new preview of a 409. */
    readonly body: unknown = null,
  ) {
    super(message);
  }
}

/** GET, the browser's cache answers what the ETag says is the same. Fails with a Failure, also when aborted. */
export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return send<T>(path, signal ? { signal } : {});
}

/** POST of a JSON body. Fails with a Failure. */
export function post<T>(path: string, body: unknown): Promise<T> {
  return send<T>(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function send<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch("/api/v1/" + path, { ...init, credentials: "same-origin" });
  } catch {
    throw new Failure("Fairlead does not answer", "what is shown stays; it is asked again by itself", 0);
  }
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  const told = (body as { error?: { message?: string; next?: string } } | null)?.error;
  if (response.status === 401 && !path.startsWith("sign-in")) signedOut(told?.message ?? "");
  throw new Failure(told?.message ?? `the server answers ${response.status}`, told?.next ?? "", response.status, body);
}
