import { lenses } from "./lenses";
import { lens } from "./url";
import { Go } from "./ui";

export function App() {
  const now = lenses.find((one) => one.name === lens.value) ?? lenses[0]!;
  return (
    <>
      <header class="top"><div class="logo">Fairlead</div></header>
      <div class="frame">
        <nav aria-label="Lenses">
          {lenses.map((one) => (
            <Go key={one.name} to={{ lens: one.name }} class={one === now ? "on" : ""}>{one.title}</Go>
          ))}
        </nav>
        <main><now.View key={now.name} /></main>
      </div>
    </>
  );
}
