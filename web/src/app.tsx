import { Actions } from "./actions";
import { lenses } from "./lenses";
import { Banner } from "./shell/banner";
import { Help } from "./shell/help";
import { followKeys, shown } from "./shell/keys";
import { Nav } from "./shell/nav";
import { Palette } from "./shell/palette";
import { Side } from "./shell/side";
import { SignIn } from "./shell/signin";
import { Top } from "./shell/top";
import { out } from "./session";
import { about, live } from "./store";
import { lens, selection } from "./url";
import { Button, Empty } from "./ui";
import { rejoin } from "./feed";

followKeys();

export function App() {
  const { View, name, title } = lenses.find((one) => one.name === lens.value)!;
  const side = name !== "workload" && selection.value !== "";
  return (
    <>
      <a class="skip" href="#stage">
        To the content
      </a>
      <Top />
      <Banner />
      <div class={`frame ${side ? "with-side" : ""}`}>
        <Nav />
        <main id="stage" tabIndex={-1} aria-label={title}>
          {about.value ? <View key={name} /> : <First />}
        </main>
        {side && about.value && <Side id={selection.value} />}
      </div>
      {shown.value === "palette" && <Palette />}
      {shown.value === "help" && <Help />}
      <Actions />
      {out.value && <SignIn />}
    </>
  );
}

/** Before there is a state: nothing at first, then what is awaited. */
function First() {
  const state = live.value;
  if (out.value) return null;
  if (state.is === "lost")
    return (
      <Empty title={state.why} why="It is asked again by itself. The controller answers for the page; see whether it runs:" type="kubectl -n fairlead-system get pods">
        <Button onClick={rejoin}>Ask now</Button>
      </Empty>
    );
  return (
    <p class="late" role="status">
      The state of the cluster is on its way…
    </p>
  );
}
