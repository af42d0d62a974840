// As much of Markdown as the practices' texts use, drawn as text nodes: headings, items, code between fences, `code` and **strong**.

export function Prose({ text }: { text: string }) {
  return (
    <div class="prose">
      {blocks(text).map((b, i) =>
        b.kind === "code" ? <pre key={i}>{b.text}</pre> : b.kind === "heading" ? <h3 key={i}>{b.text}</h3> : b.kind === "item" ? <p key={i} class="prose-item"><Spans text={b.text} /></p> : <p key={i}><Spans text={b.text} /></p>,
      )}
    </div>
  );
}

export interface Block {
  kind: "paragraph" | "heading" | "item" | "code";
  text: string;
}

/** The parts of a text; lines of a paragraph are joined. */
export function blocks(text: string): Block[] {
  const found: Block[] = [];
  let fenced: string[] | null = null;
  let goesOn = false;
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed.startsWith("```")) {
      if (fenced) found.push({ kind: "code", text: fenced.join("\n") });
      fenced = fenced ? null : [];
      goesOn = false;
    } else if (fenced) fenced.push(line);
    else if (trimmed === "") goesOn = false;
    else if (trimmed.startsWith("#")) {
      found.push({ kind: "heading", text: trimmed.replace(/^#+\s*/, "") });
      goesOn = false;
    } else if (/^[-*] /.test(trimmed)) {
      found.push({ kind: "item", text: trimmed.slice(2) });
      goesOn = true;
    } else if (goesOn) found.at(-1)!.text += ` ${trimmed}`;
    else {
      found.push({ kind: "paragraph", text: trimmed });
      goesOn = true;
    }
  }
  if (fenced && fenced.length > 0) found.push({ kind: "code", text: fenced.join("\n") });
  return found;
}

/** A line with its `code` and **strong** parts. */
export function Spans({ text }: { text: string }) {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*)/);
  return <>{parts.map((p, i) => (p.startsWith("`") && p.length > 2 ? <code key={i}>{p.slice(1, -1)}</code> : p.startsWith("**") && p.length > 4 ? <b key={i}>{p.slice(2, -2)}</b> : p))}</>;
}
