import { shares, took, type Stage } from "./timeline";

/** The stages of a release as a small bar, and its whole time beside it. */
export function StageBar({ stages, running }: { stages: readonly Stage[]; running: boolean }) {
  const all = stages.reduce((sum, s) => sum + s.ms, 0);
  const parts = shares(stages);
  const told = stages.map((s) => `${s.name} in ${took(s.ms)}`).join(", ");
  return (
    <span class="stages" title={told}>
      <span class="stages-bar" aria-hidden="true">
        {stages.map((s, i) => (
          <i key={s.name} class={`stage-${s.name.replace(/\W/g, "-")}`} style={{ width: `${(parts[i]! * 100).toFixed(1)}%` }} />
        ))}
      </span>
      <span class="stages-all">{running ? "…" : all > 0 ? took(all) : ""}</span>
      <span class="sr">{told}</span>
    </span>
  );
}

/** The same in words, each with its time. */
export function StageList({ stages }: { stages: readonly Stage[] }) {
  return (
    <ol class="stage-list">
      <li>committed</li>
      {stages.map((s) => (
        <li key={s.name}>
          <i class={`stage-${s.name.replace(/\W/g, "-")}`} aria-hidden="true" /> {s.name} <span class="soft">{took(s.ms)}</span>
        </li>
      ))}
    </ol>
  );
}
