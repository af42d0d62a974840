// The stream that all tabs share.

import type { Here } from ".";
import { Hub, type Ask } from "./hub";
import { Stream } from "./stream";

const hub = new Hub((since, tell) => new Stream(since, tell));

addEventListener("connect", (event) => {
  const channel = (event as MessageEvent).ports[0]!;
  const port = { say: (say: unknown) => channel.postMessage(say) };
  channel.postMessage({ event: "here" } satisfies Here);
  channel.onmessage = (message: MessageEvent<Ask>) => hub.ask(port, message.data);
});
