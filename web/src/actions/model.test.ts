import { expect, test } from "vitest";
import { after, answerOf, open, sameChange, whyNot, type Preview } from "./model";

const preview: Preview = { title: "t", effects: ["e"], seen: "1" };
const asked = { verb: "revert" as const, application: "shop/web" };

test("nothing is written without a preview and a reason", () => {
  let d = open(asked);
  expect(whyNot(d)).toContain("preview is being made");
  d = after(d, { kind: "preview", preview });
  expect(whyNot(d)).toContain("say why");
  expect(whyNot({ ...d, reason: "   " })).toContain("say why");
  expect(whyNot({ ...d, reason: "known hotfix" })).toBe("");
  expect(whyNot({ ...d, asked: { verb: "sync", application: "a/b" } })).toBe("");
});

test("a preview that no longer holds is shown anew, and the reason stays", () => {
  const d = after({ ...after(open(asked), { kind: "preview", preview }), reason: "typed" }, answerOf(409, { ...preview, effects: ["other"], seen: "2" }));
  expect([d.preview?.effects, d.changed, d.reason, whyNot(d)]).toEqual([["other"], true, "typed", ""]);
});

test("a lost sign-in keeps what was typed", () => {
  const d = after({ ...after(open(asked), { kind: "preview", preview }), reason: "typed" }, answerOf(401, {}));
  expect([d.signedOut, d.reason, whyNot(d)]).toEqual([true, "typed", "sign in again first; what you typed stays here"]);
});

test("a refusal is told with its next step", () => {
  expect(answerOf(403, { error: { message: "you may not update applications", next: "ask ops" } })).toEqual({ kind: "refused", refusal: { message: "you may not update applications", next: "ask ops" } });
  expect(answerOf(502, "<html>")).toEqual({ kind: "refused", refusal: { message: "the server answered 502", next: "" } });
});

test("done", () => {
  expect(answerOf(200, { done: "put back" })).toEqual({ kind: "done", done: { done: "put back" } });
});

test("a preview with another reason is of the same change, with another effect it isn't", () => {
  const commit = { message: "m", branch: "main", files: ["a"] };
  expect(sameChange({ ...preview, commit }, "", { ...preview, seen: "2", commit: { ...commit, message: "m: why" } }, "why")).toBe(true);
  expect(sameChange({ ...preview, effects: ["allow x because "] }, "", { ...preview, effects: ['allow x because a "b" c'] }, ' a "b"  c')).toBe(true);
  expect(sameChange(preview, "", { ...preview, effects: ["other"] }, "why")).toBe(false);
});
