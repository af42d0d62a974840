import { Bar, Empty, Stage } from "../../ui";

export default function DriftLens() {
  return (
    <Stage>
      <Bar title="Drift" />
      <Empty title="Nothing here yet" why="This lens is being made." />
    </Stage>
  );
}
