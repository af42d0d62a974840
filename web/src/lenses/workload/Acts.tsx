import { ask } from "../../actions";
import type { Workload } from "../../api";
import { row, rows } from "../../store";
import { Button } from "../../ui";

/** What can be done to a workload: each is shown before it is done. What is for drift alone stands with the drift where that is in sight. */
export function Acts({ workload: w, withDrift }: { workload: Workload; withDrift: boolean }) {
  const app = row("applications", w.app);
  if (!app) return null;
  const application = app.id;
  const drifted = withDrift && rows("drift").some((d) => d.object === w.id && !d.reverted);
  return (
    <>
      {drifted && (
        <>
          <Button main onClick={() => ask({ verb: "revert", application, objects: [w.id] })}>
            Put git back
          </Button>
          <Button onClick={() => ask({ verb: "adopt", application, objects: [w.id] })}>Adopt into git…</Button>
        </>
      )}
      <Button onClick={() => ask({ verb: "sync", application })}>Sync</Button>
      <Button onClick={() => ask({ verb: "rollback", application })}>Roll back…</Button>
      {app.suspended ? <Button onClick={() => ask({ verb: "resume", application })}>Resume</Button> : <Button onClick={() => ask({ verb: "suspend", application })}>Suspend…</Button>}
    </>
  );
}
