import { expect, test } from "vitest";

import { format, parse, type Place } from "./url";

const at = (place: Partial<Place>): Place => ({ lens: "map", query: "", selection: "", options: {}, ...place });

test.each([
  [at({}), "/"],
  [at({ lens: "drift" }), "/?lens=drift"],
  [at({ query: "ns:shop,users changed:<2h" }), "/?q=ns:shop,users+changed:<2h"],
  [at({ selection: "Deployment.apps shop/front" }), "/?sel=Deployment.apps+shop/front"],
  [at({ lens: "changes", options: { span: "1-2", app: "a/b", none: "" } }), "/?lens=changes&app=a/b&span=1-2"],
  [at({ query: 'a&b=c#d+e%20 "x y"' }), '/?q=a%26b=c%23d%2Be%2520+%22x+y%22'],
])("a place and its address: %#", (place, address) => {
  expect(format(place)).toBe(address);
  const options = Object.fromEntries(Object.entries(place.options).filter(([, value]) => value !== ""));
  expect(parse(new URL(address, "http://localhost").search)).toEqual({ ...place, options });
});

test("an address that nobody made leads to the map", () => {
  expect(parse("?lens=__proto__&q=%E0%A4%A&sel")).toMatchObject({ lens: "map", selection: "" });
  expect(format(at({ query: "\uD800" }))).toBe("/?q=%EF%BF%BD");
});

test("what belongs to the page itself can't be an option", () => {
  expect(format(at({ options: { q: "x", lens: "drift" } }))).toBe("/");
});
