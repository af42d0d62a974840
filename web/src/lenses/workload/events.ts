// Events as the stream tells them: Kubernetes counts one up instead of making a new one, so the newest of each stays.

export interface Told {
  key: string;
  type: string;
  reason: string;
  object: string;
  text: string;
  count: number;
  time: number;
  removed: boolean;
}

const most = 500;

/** An event out of its JSON; undefined if it is none. */
export function eventOf(data: string): Told | undefined {
  let v: Record<string, unknown>;
  try {
    v = JSON.parse(data) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (typeof v !== "object" || v === null) return undefined;
  const text = (name: string) => (typeof v[name] === "string" ? v[name] : "");
  const said = text("text") || text("message");
  const time = typeof v["time"] === "number" ? v["time"] : Date.parse(text("time")) / 1000 || 0;
  const object = text("object");
  return { key: text("id") || `${object} ${text("reason")} ${said}`, type: text("type"), reason: text("reason"), object, text: said, count: typeof v["count"] === "number" ? v["count"] : 1, time, removed: v["removed"] === true };
}

/** All with one more, or without one that was removed: it takes the place of the one that it counts up. The newest come first. */
export function merge(all: readonly Told[], one: Told): Told[] {
  const rest = all.filter((e) => e.key !== one.key);
  if (one.removed) return rest;
  const at = rest.findIndex((e) => e.time <= one.time);
  rest.splice(at < 0 ? rest.length : at, 0, one);
  return rest.slice(0, most);
}
