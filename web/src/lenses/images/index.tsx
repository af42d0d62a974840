import { Bar, Empty, Stage } from "../../ui";

export default function ImagesLens() {
  return (
    <Stage>
      <Bar title="Images" />
      <Empty title="Nothing here yet" why="This lens is being made." />
    </Stage>
  );
}
