import type { IncomingMessage, ServerResponse } from "node:http";
export function recorded(_options: { workloads: number }) {
  return { answer: (_request: IncomingMessage, _response: ServerResponse): boolean => false };
}
