// Logs of some pods, followed as they are written: a bounded number of lines, each with its pod's mark, a filter and a pause.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Pod } from "../api";
import { markOf, shortNames } from "../lenses/workload/marks";
import { StreamNote } from "../lenses/workload/Events";
import { Button } from "../ui";
import { many } from "../words";
import { follow, type StreamState } from "./follow";
import { lineOf } from "./line";
import { plain, Ring, severity, textFilter, type LogLine } from "./ring";
import "./logs.css";

const kept = 5000;
const drawn = 600;

interface Props {
  object: string; // id of the workload
  namespace: string;
  pods: readonly Pod[];
  pod: string; // "" follows all of the workload's, those that come, too
  container: string; // "" is all
  onPod: (pod: string) => void;
  onContainer: (container: string) => void;
}

export function Logs(props: Props) {
  const names = props.pods.map((p) => p.name);
  const [previous, setPrevious] = useState(false);
  const [paused, setPaused] = useState(false);
  const [wrap, setWrap] = useState(true);
  const [typed, setTyped] = useState("");
  const { ring, version, state, clear } = useLines(props, previous);
  const filter = useMemo(() => textFilter(typed), [typed]);
  const frozen = useRef<LogLine[]>([]);
  const lines = useMemo(() => ring.lines((l) => filter(l.text), drawn), [ring, version, filter]);
  if (!paused) frozen.current = lines;
  const shown = paused ? frozen.current : lines;
  return (
    <section class="logs" aria-label="Logs">
      <div class="logs-bar">
        <Which {...props} names={names} />
        <input class="logs-filter" type="search" aria-label="Filter lines" placeholder="filter: timeout -health" value={typed} onInput={(e) => setTyped(e.currentTarget.value)} />
        <Button aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? "▶ Go on" : "‖ Pause"}
        </Button>
        <Check on={wrap} set={setWrap} label="wrap" />
        <Check on={previous} set={setPrevious} label="before the last restart" />
        <Button quiet onClick={clear}>
          Clear
        </Button>
      </div>
      <StreamNote state={state} n={shown.length} />
      <Lines lines={shown} wrap={wrap} names={names} held={paused} />
      <p class="soft logs-foot" role="status">
        {many(shown.length, "line")}
        {typed !== "" && " match"}
        {ring.dropped > 0 && ` · the oldest ${ring.dropped.toLocaleString("en")} were let go`}
        {paused && ` · paused, ${many(ring.seen - (frozen.current.at(-1)?.id ?? 0), "line")} since`}
      </p>
    </section>
  );
}

function Which({ pods, pod, container, onPod, onContainer, names }: Props & { names: string[] }) {
  const containers = [...new Set(pods.filter((p) => pod === "" || p.name === pod).flatMap((p) => (p.containers ?? []).map((c) => c.name)))];
  return (
    <>
      <select aria-label="Pod" value={pod} onChange={(e) => onPod(e.currentTarget.value)}>
        <option value="">all pods ({names.length})</option>
        {pod !== "" && !names.includes(pod) && <option value={pod}>{pod} (gone)</option>}
        {names.map((n) => (
          <option key={n} value={n}>{`${markOf(names, n).shape} ${n}`}</option>
        ))}
      </select>
      {containers.length > 1 && (
        <select aria-label="Container" value={container} onChange={(e) => onContainer(e.currentTarget.value)}>
          <option value="">all containers</option>
          {containers.map((c) => (
            <option key={c}>{c}</option>
          ))}
        </select>
      )}
    </>
  );
}

const Check = ({ on, set, label }: { on: boolean; set: (on: boolean) => void; label: string }) => (
  <label class="logs-check">
    <input type="checkbox" checked={on} onChange={(e) => set(e.currentTarget.checked)} /> {label}
  </label>
);

/** The lines; at the end of them it stays at the end, unless a person has scrolled away. */
function Lines({ lines, wrap, names, held }: { lines: LogLine[]; wrap: boolean; names: string[]; held: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const short = useMemo(() => shortNames(names), [names.join(" ")]);
  useEffect(() => {
    const el = box.current;
    if (el && atEnd.current && !held) el.scrollTop = el.scrollHeight;
  }, [lines, wrap, held]);
  return (
    <div
      ref={box}
      class={`logs-lines${wrap ? " wrap" : ""}`}
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label="Lines"
      onScroll={(e) => (atEnd.current = e.currentTarget.scrollHeight - e.currentTarget.scrollTop - e.currentTarget.clientHeight < 24)}
    >
      {lines.map((l) => {
        const mark = markOf(names, l.pod);
        return (
          <div key={l.id} class={`log ${l.note ? "note" : severity(l.text)}`}>
            <span class="log-time" title={l.time}>
              {l.time.slice(11, 19)}
            </span>
            <span class={`log-pod mark-${mark.colour}`} title={`${l.pod} · ${l.container}`}>
              <i aria-hidden="true">{mark.shape}</i> {short.get(l.pod) ?? l.pod}
            </span>
            <span class="log-text" dir="auto">
              {plain(l.text) || " "}
            </span>
          </div>
        );
      })}
      {lines.length === 0 && <p class="soft logs-none">No line yet.</p>}
    </div>
  );
}

/** The followed lines: they are taken as they come, and drawn at most once a frame. */
function useLines({ object, namespace, pod, container }: Props, previous: boolean) {
  const [version, setVersion] = useState(0);
  const [state, setState] = useState<StreamState>({ is: "connecting", why: "" });
  const ring = useMemo(() => new Ring(kept), [object, pod, container, previous]);
  useEffect(() => {
    let frame = 0;
    let heard = 0; // when the last line came, ms
    const newest = new Map<string, string>();
    const url = () => {
      const gap: Record<string, string> = heard > 0 ? { since: `${Math.ceil((Date.now() - heard) / 1000) + 2}s`, tail: "5000" } : { tail: "500" };
      return `/api/v1/logs?${new URLSearchParams({ ...(pod === "" ? { object } : { namespace, pod }), ...(container === "" ? {} : { container }), ...(previous ? { previous: "1" } : { follow: "1" }), ...gap }).toString()}`;
    };
    const following = follow(url, {
      state: setState,
      event: (e) => {
        const line = e.event === "line" ? lineOf(e.data) : undefined;
        const from = `${line?.pod} ${line?.container}`;
        if (!line || (line.time !== "" && line.time <= (newest.get(from) ?? ""))) return; // it was there before the stream broke
        heard = Date.now();
        if (line.time !== "") newest.set(from, line.time);
        ring.add(line);
        frame ||= requestAnimationFrame(() => ((frame = 0), setVersion((v) => v + 1)));
      },
    });
    return () => {
      cancelAnimationFrame(frame);
      following.stop();
    };
  }, [ring]);
  const clear = () => {
    ring.clear();
    setVersion((v) => v + 1);
  };
  return { ring, version, state, clear };
}
