import type { Pod, Workload } from "../../api";
import { Logs } from "../../logs/Logs";
import { Empty } from "../../ui";
import { go, option, place } from "../../url";

/** The logs of a workload's pods; which pod and container is in the address. */
export function PodLogs({ workload: w, pods }: { workload: Workload; pods: Pod[] | null | undefined }) {
  if (pods === undefined) return <div class="hold" aria-busy="true" />;
  if (!pods || pods.length === 0) return <Empty title="No pod, so no log" why={w.desired === 0 ? "It is scaled to 0." : "As soon as one starts, it can be followed here."} />;
  const set = (key: string, value: string) => go({ options: { ...place.value.options, [key]: value } }, true);
  return <Logs object={w.id} namespace={w.namespace} pods={pods} pod={option("pod")} container={option("container")} onPod={(pod) => set("pod", pod)} onContainer={(container) => set("container", container)} />;
}
