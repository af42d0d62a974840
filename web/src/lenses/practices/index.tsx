import { Bar, Empty, Stage } from "../../ui";

export default function PracticesLens() {
  return (
    <Stage>
      <Bar title="Practices" />
      <Empty title="Nothing here yet" why="This lens is being made." />
    </Stage>
  );
}
