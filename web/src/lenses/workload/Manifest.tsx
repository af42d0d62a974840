import { useMemo } from "preact/hooks";
import type { Workload, WorkloadDetail } from "../../api";
import { useCalm } from "./calm";
import { useComparison } from "../../diff/compare";
import { Diff } from "../../diff/Diff";
import { Button, Empty, ErrorNote } from "../../ui";

/** Git against live, of this object alone. */
function GitDiff({ workload: w }: { workload: Workload }) {
  const { data, error, again, at, loading } = useComparison(w.app, "git", "live", useCalm(w));
  if (w.app === "") return <Empty title="There is nothing to compare it with" why="No application delivers this workload, so no git says how it should be. To have one:" type="fairlead adopt --help" />;
  const mine = data?.objects.find((o) => o.id === w.id);
  return (
    <>
      {error && <ErrorNote error={error} again={again} {...(at ? { since: at } : {})} />}
      {loading && !data && <div class="hold" aria-busy="true" />}
      {data && (!mine || mine.lines.every((l) => l.op === " ")) && <Empty title="Git and the cluster say the same" why="Fields that git doesn't set, and the server's defaults, are no difference." />}
      {mine && mine.lines.some((l) => l.op !== " ") && (
        <div class="card manifest-card">
          <p class="soft manifest-head">− as git has it · + as it is in the cluster</p>
          <Diff lines={mine.lines} label={`${w.id}: git against live`} live more={mine.more ?? 0} />
        </div>
      )}
    </>
  );
}

/** The object as the cluster has it. */
function Yaml({ detail }: { detail: WorkloadDetail | undefined }) {
  const text = detail?.yaml ?? "";
  const lines = useMemo(() => text.replace(/\n$/, "").split("\n"), [text]);
  if (!detail) return <div class="hold" aria-busy="true" />;
  if (text === "") return <Empty title="The manifest is not told" why="You may see the workload in lists, and not read it." />;
  return (
    <div class="card manifest-card">
      <div class="manifest-head">
        <span class="soft">As the cluster has it; values of Secrets and managed fields are left out.</span>
        <Button quiet onClick={() => void navigator.clipboard?.writeText(text)}>
          Copy
        </Button>
      </div>
      <div class="diff-box" tabIndex={0} role="region" aria-label="Manifest">
        <table class="diff">
          <tbody>
            {lines.map((line, i) => (
              <tr key={i}>
                <td class="diff-at">{i + 1}</td>
                <td class="diff-text">{line}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

export const Manifest = { Diff: GitDiff, Yaml };
