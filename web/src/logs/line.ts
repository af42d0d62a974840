// A line of a log out of its JSON.

export interface Read {
  pod: string;
  container: string;
  time: string; // RFC 3339, or ""
  text: string;
  note: boolean; // said by Fairlead, and not by the container
}

/** The line, with its time as RFC 3339 whether it came as that or as Unix seconds; undefined if it is none. */
export function lineOf(data: string): Read | undefined {
  let v: unknown;
  try {
    v = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof v !== "object" || v === null || typeof (v as { text?: unknown }).text !== "string") return undefined;
  const { pod, container, time, text, note } = v as { pod?: unknown; container?: unknown; time?: unknown; text: string; note?: unknown };
  return { pod: typeof pod === "string" ? pod : "", container: typeof container === "string" ? container : "", time: timeOf(time), text, note: note === true };
}

function timeOf(time: unknown): string {
  if (typeof time === "string") return time;
  return typeof time === "number" && time > 0 && time < 8e9 ? new Date(time * 1000).toISOString() : "";
}
