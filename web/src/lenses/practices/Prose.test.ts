import { expect, test } from "vitest";
import { blocks } from "./Prose";

test("the parts of a practice's text", () => {
  expect(blocks("One\ntwo.\n\n- item\n  goes on\n\n## When it does not fit\n\n```yaml\na:\n  b\n```\nend <b>x</b>")).toEqual([
    { kind: "paragraph", text: "One two." },
    { kind: "item", text: "item goes on" },
    { kind: "heading", text: "When it does not fit" },
    { kind: "code", text: "a:\n  b" },
    { kind: "paragraph", text: "end <b>x</b>" },
  ]);
});
