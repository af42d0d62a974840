import { Bar, Empty, Stage } from "../../ui";

export default function SourcesLens() {
  return (
    <Stage>
      <Bar title="Sources" />
      <Empty title="Nothing here yet" why="This lens is being made." />
    </Stage>
  );
}
