import { matching } from "../../store";
import { Bar, Stage } from "../../ui";
import { many } from "../../words";

export function MapLens() {
  return (
    <Stage>
      <Bar title={many(matching.value.length, "workload")} />
    </Stage>
  );
}
