// How an image stands against what its policy allows, and in which order images need a person.
import type { Image } from "../../api";
import type { Status } from "../../words";

/** The shape and word of an image; why holds words of the server. */
export function standing(i: Pick<Image, "held" | "pending" | "why" | "newest" | "current" | "policy">): Status {
  if (i.held !== "") return { tone: "drift", shape: "‖", word: "held" };
  if (i.pending !== "") return { tone: "new", shape: "⇡", word: "on its way" };
  if (i.policy === "") return { tone: "plain", shape: "○", word: "not automated" };
  if (i.newest !== "" && i.newest !== i.current) return { tone: "new", shape: "↑", word: "newer allowed" };
  if (i.newest === "" && i.why !== "") return { tone: "unknown", shape: "?", word: "not known" };
  return { tone: "ok", shape: "✓", word: "newest allowed" };
}

const order = ["held", "not known", "newer allowed", "on its way", "newest allowed", "not automated"];

/** Images in the order in which they need a person. */
export function sorted(images: readonly Image[]): Image[] {
  return images.slice().sort((a, b) => order.indexOf(standing(a).word) - order.indexOf(standing(b).word) || (a.id < b.id ? -1 : 1));
}

/** "12 images: 1 held, 3 with a newer version allowed". */
export function headline(images: readonly Image[]): string {
  const n = (word: string) => images.filter((i) => standing(i).word === word).length;
  const parts = [
    [n("held"), "held"],
    [n("newer allowed"), "with a newer version allowed"],
    [n("on its way"), "on the way"],
    [n("not known"), "not known"],
    [n("not automated"), "not automated"],
  ] as const;
  const said = parts.filter(([k]) => k > 0).map(([k, word]) => `${k} ${word}`);
  return `${images.length} ${images.length === 1 ? "image" : "images"}${said.length > 0 ? `: ${said.join(", ")}` : ", all at the newest allowed"}`;
}

/** The name of an image in two parts: where it is from, and what it is called. */
export function nameParts(image: string): [string, string] {
  const at = image.lastIndexOf("/");
  return [image.slice(0, at + 1), image.slice(at + 1)];
}
