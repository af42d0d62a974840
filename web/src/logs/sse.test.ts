import { expect, test } from "vitest";
import { EventParser } from "./sse";

const stream = ': hello\nevent: line\nid: 7\ndata: {"a":1}\n\ndata: x\r\ndata: y\r\n\r\nevent: cut\ndata: never';

test("events come whole, whatever pieces the stream comes in", () => {
  for (const size of [1, 2, 3, 7, 1000]) {
    const parser = new EventParser();
    const found = [];
    for (let i = 0; i < stream.length; i += size) found.push(...parser.feed(stream.slice(i, i + size)));
    expect(found).toEqual([
      { event: "line", data: '{"a":1}', id: "7" },
      { event: "message", data: "x\ny", id: "7" },
    ]);
  }
});
