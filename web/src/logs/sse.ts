// Server-sent events read from a response's body: EventSource can't tell a refusal from a break, and this can.

export interface ServerEvent {
  event: string;
  data: string;
  id: string;
}

/** Parser of an event stream; feed it text as it comes, in whatever pieces. An event that is cut off is never given out. */
export class EventParser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id = "";

  feed(text: string): ServerEvent[] {
    const found: ServerEvent[] = [];
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop()!;
    for (const line of lines) {
      if (line !== "") this.take(line);
      else if (this.data.length > 0) {
        found.push({ event: this.event || "message", data: this.data.join("\n"), id: this.id });
        this.reset();
      } else this.reset();
    }
    return found;
  }

  private take(line: string) {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id") this.id = value;
  }

  private reset() {
    this.event = "";
    this.data = [];
  }
}
