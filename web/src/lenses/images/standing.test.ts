import { expect, test } from "vitest";
import { headline, nameParts, sorted, standing } from "./standing";
import type { Image } from "../../api";

const image = (id: string, more: Partial<Image> = {}): Image => ({ id, app: "", image: "", current: "1.0", newest: "1.0", policy: "semver ~1", why: "", held: "", where: "", checked: 0, workloads: [], pending: "", ...more });

test.each([
  [{}, "newest allowed"],
  [{ newest: "1.1" }, "newer allowed"],
  [{ newest: "1.1", held: "1.1" }, "held"],
  [{ newest: "1.1", pending: "https://forge/1" }, "on its way"],
  [{ policy: "" }, "not automated"],
  [{ newest: "", why: "the registry says no" }, "not known"],
])("an image with %j is %s", (more, word) => {
  expect(standing(image("a", more)).word).toBe(word);
});

test("what needs a person first, and is counted", () => {
  const all = [image("fine"), image("manual", { policy: "" }), image("newer", { newest: "2" }), image("held", { held: "2" })];
  expect(sorted(all).map((i) => i.id)).toEqual(["held", "newer", "fine", "manual"]);
  expect(headline(all)).toBe("4 images: 1 held, 1 with a newer version allowed, 1 not automated");
  expect(headline([image("fine")])).toBe("1 image, all at the newest allowed");
});

test("the parts of a name", () => {
  expect([nameParts("ghcr.io/acme/front"), nameParts("nginx")]).toEqual([
    ["ghcr.io/acme/", "front"],
    ["", "nginx"],
  ]);
});
