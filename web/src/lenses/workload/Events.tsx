import { useEffect, useState } from "preact/hooks";
import type { Workload } from "../../api";
import { follow, type StreamState } from "../../logs/follow";
import { Empty, Name, Tag, Time } from "../../ui";
import { many } from "../../words";
import { eventOf, merge, type Told } from "./events";

/** Events of a workload and its pods, as they come; the newest first. */
export function Events({ workload: w }: { workload: Workload }) {
  const [told, setTold] = useState<readonly Told[]>([]);
  const [state, setState] = useState<StreamState>({ is: "connecting", why: "" });
  useEffect(() => {
    setTold([]);
    const url = `/api/v1/events?${new URLSearchParams({ object: w.id, follow: "1" }).toString()}`;
    const following = follow(() => url, {
      state: setState,
      event: (e) => {
        const one = e.event === "line" || e.event === "event" || e.event === "message" ? eventOf(e.data) : undefined;
        if (one) setTold((all) => merge(all, one));
      },
    });
    return () => following.stop();
  }, [w.id]);
  return (
    <>
      <StreamNote state={state} n={told.length} />
      {told.length === 0 && state.is !== "refused" && state.is !== "connecting" && <Empty title="No events" why="The API server keeps events for an hour: nothing was said of this workload or its pods in that time." />}
      {told.length > 0 && (
        <ul class="events card">
          {told.map((e) => (
            <li key={e.key}>
              <Tag tone={e.type === "Warning" ? "drift" : "plain"} shape={e.type === "Warning" ? "△" : "·"}>
                {e.reason || e.type}
              </Tag>
              <span class="event-text">
                {e.object && (
                  <span class="soft">
                    <Name>{e.object}</Name>{" "}
                  </span>
                )}
                {e.text}
              </span>
              <span class="soft nowrap">
                {e.count > 1 && `${many(e.count, "time")} · `}
                <Time at={e.time} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Where a stream stands, in words. */
export function StreamNote({ state, n }: { state: StreamState; n: number }) {
  if (state.is === "open") return null;
  if (state.is === "refused")
    return (
      <div class="error-note" role="alert">
        <p>
          <b>{state.why}</b>
          {state.next && `: ${state.next}`}
        </p>
      </div>
    );
  const text = { connecting: "…", waiting: `${state.why}; it is tried again by itself${n > 0 ? ". What came before stays" : ""}`, ended: state.why ? `The stream has ended: ${state.why}` : "" }[state.is];
  return text ? (
    <p class="soft stream-note" role="status">
      {text}
    </p>
  ) : null;
}
