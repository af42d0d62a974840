// A line of a log out of its JSON.

/** The line, with its time as RFC 3339 whether it came as that or as Unix seconds; undefined if it is none. */
export function lineOf(data: string): { pod: string; container: string; time: string; text: string } | undefined {
  let v: unknown;
  try {
    v = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof v !== "object" || v === null || typeof (v as { text?: unknown }).text !== "string") return undefined;
  const { pod, container, time, text } = v as { pod?: unknown; container?: unknown; time?: unknown; text: string };
  return { pod: typeof pod === "string" ? pod : "", container: typeof container === "string" ? container : "", time: timeOf(time), text };
}

function timeOf(time: unknown): string {
  if (typeof time === "string") return time;
  return typeof time === "number" && time > 0 && time < 8e9 ? new Date(time * 1000).toISOString() : "";
}
