// Brings the state and its changes to the store. Placeholder: one fetch.
import { get } from "./request";
import type { State } from "./api";
import { live, load } from "./store";

export function startFeed(): void {
  void get<State>("state").then((state) => {
    load(state);
    live.value = { is: "live" };
  });
}
