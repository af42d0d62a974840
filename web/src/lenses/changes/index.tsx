import { Bar, Empty, Stage } from "../../ui";

export default function ChangesLens() {
  return (
    <Stage>
      <Bar title="Changes" />
      <Empty title="Nothing here yet" why="This lens is being made." />
    </Stage>
  );
}
