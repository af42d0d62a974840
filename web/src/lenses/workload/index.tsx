import { Bar, Empty, Stage } from "../../ui";

export default function WorkloadLens() {
  return (
    <Stage>
      <Bar title="Workload" />
      <Empty title="Nothing here yet" why="This lens is being made." />
    </Stage>
  );
}
