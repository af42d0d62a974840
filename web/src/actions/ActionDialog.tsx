// The dialog of an action: what would happen, why it is wanted, and only then the button.

import { useEffect, useRef, useState } from "preact/hooks";
import { Counts, Diff } from "../diff/Diff";
import { Failure, post } from "../request";
import { out } from "../session";
import { row } from "../store";
import { Button, Code, Dialog, Name } from "../ui";
import { asking, tell } from "./ask";
import { after, answerOf, isAsked, open, sameChange, wantsReason, whyNot, words, type Answer, type Asked, type Dialog as Model, type Preview } from "./model";
import { Questions } from "./Questions";
import "./actions.css";

export default function ActionDialog() {
  const asked = asking.value;
  return asked && <Asking key={JSON.stringify(asked)} first={asked} />;
}

function Asking({ first }: { first: Asked }) {
  const [dialog, setDialog] = useState(() => open(first));
  const reason = useRef<HTMLInputElement>(null);
  const close = () => void (asking.value = null);
  usePreview(dialog, setDialog);
  const why = whyNot(dialog);

  async function act(event: Event) {
    event.preventDefault();
    if (why !== "") {
      reason.current?.focus();
      return;
    }
    setDialog((d) => ({ ...d, step: "doing" }));
    const answer = await agreed(dialog);
    if (answer.kind === "done") {
      tell(dialog.asked.application, answer.done);
      close();
    } else setDialog((d) => after(d, answer));
  }

  const word = words[first.verb];
  return (
    <Dialog title={dialog.preview?.title ?? word.title(row("applications", first.application)?.name ?? first.application)} label={word.button} onClose={close} wide>
      <form class="ask" onSubmit={(e) => void act(e)}>
        <Questions asked={dialog.asked} change={(asked) => setDialog((d) => ({ ...d, asked, step: "previewing" }))} />
        <Effects dialog={dialog} />
        {wantsReason(first.verb) && (
          <label class="ask-reason">
            <span>Why?</span>
            <input
              ref={reason}
              autofocus
              value={dialog.reason}
              maxLength={500}
              placeholder="kept with the change, for those who ask later"
              onInput={(e) => setDialog((d) => ({ ...d, reason: e.currentTarget.value }))}
            />
          </label>
        )}
        <Trouble dialog={dialog} again={() => setDialog((d) => ({ ...d, step: "previewing" }))} />
        <div class="ask-foot">
          <Button type="submit" main autofocus={!wantsReason(first.verb)} aria-disabled={why !== ""} aria-describedby="ask-why">
            {dialog.step === "doing" ? word.doing : word.button}
          </Button>
          <Button onClick={close}>Cancel</Button>
          <span id="ask-why" class="soft" aria-live="polite">
            {why !== "" ? sentence(why) : "Enter does it, Escape leaves all as it is"}
          </span>
        </div>
      </form>
    </Dialog>
  );
}

const typing = 500; // ms without a key until the preview is made with the reason

/** Asks for a preview whenever one is wanted: at first, after another answer to a question, after signing in again, and quietly when a reason was typed. */
function usePreview(dialog: Model, set: (change: (d: Model) => Model) => void) {
  const { step, asked, reason, previewed } = dialog;
  const wanted = isAsked(asked) && (step === "previewing" || (dialog.signedOut && out.value === null));
  useEffect(() => {
    if (!wanted) return;
    let current = true;
    void request(asked, reason).then((answer) => current && set((d) => after(d, answer, reason)));
    return () => void (current = false);
  }, [wanted, asked]);
  useEffect(() => {
    if (step !== "ready" || reason.trim() === previewed.trim() || dialog.signedOut || !dialog.preview) return;
    const timer = setTimeout(() => void request(asked, reason).then((answer) => answer.kind === "preview" && set((d) => (d.step === "ready" && d.reason === reason ? after(d, answer, reason) : d))), typing);
    return () => clearTimeout(timer);
  }, [step, asked, reason, previewed]);
}

/** Does what was agreed to. The reason is part of what is previewed: with one that was typed since, it is asked again first, and what differs in more than that is shown. */
async function agreed(d: Model): Promise<Answer> {
  if (d.reason.trim() === d.previewed.trim()) return request(d.asked, d.reason, d.preview!.seen);
  const now = await request(d.asked, d.reason);
  if (now.kind !== "preview") return now;
  if (!sameChange(now.preview, d.reason, d.preview!, d.previewed)) return { kind: "stale", preview: now.preview };
  return request(d.asked, d.reason, now.preview.seen);
}

async function request(asked: Asked, reason: string, seen?: string): Promise<Answer> {
  const { verb, ...rest } = asked;
  try {
    return answerOf(200, await post(`actions/${verb}`, { ...rest, reason: reason.trim(), preview: seen === undefined, ...(seen === undefined ? {} : { seen }) }));
  } catch (error) {
    if (error instanceof Failure && error.status > 0) return answerOf(error.status, error.body);
    return { kind: "refused", refusal: { message: error instanceof Failure ? error.message : String(error), next: "nothing is known to be done: look before you try again" } };
  }
}

function Effects({ dialog }: { dialog: Model }) {
  const { preview } = dialog;
  if (!preview && dialog.refusal) return null;
  if (!preview) return <div class="ask-effects" aria-busy={dialog.step === "previewing" && isAsked(dialog.asked)} />;
  return (
    <div class="ask-effects" tabIndex={0} role="region" aria-label="What would happen" aria-busy={dialog.step === "previewing"}>
      {dialog.changed && (
        <p class="ask-changed" role="alert">
          <b>◇ Something has changed meanwhile.</b> This is what would happen now: look again.
        </p>
      )}
      <ul>
        {preview.effects.map((e, i) => (
          <li key={i}>{e}</li>
        ))}
      </ul>
      {(preview.warnings ?? []).map((w, i) => (
        <p class="ask-warning" key={i}>
          <i aria-hidden="true">△</i> {w}
        </p>
      ))}
      {preview.commit && <Commit commit={preview.commit} />}
      {(preview.diff ?? []).map((d) => (
        <details class="ask-diff" key={d.id} open={(preview.diff ?? []).length < 4}>
          <summary>
            <Name>{d.id}</Name> <span class="soft">{d.change}</span> <Counts lines={d.lines} />
          </summary>
          {d.note && <p class="ask-note">{d.note}</p>}
          <Diff lines={d.lines} more={d.more ?? 0} label={`What changes of ${d.id}`} />
        </details>
      ))}
    </div>
  );
}

function Commit({ commit }: { commit: NonNullable<Preview["commit"]> }) {
  const files = commit.files ?? [];
  return (
    <div class="ask-commit">
      <p class="soft">
        Commit to <Code>{commit.branch}</Code>
        {files.length > 0 && " of "}
        {files.slice(0, 4).map((f) => (
          <>
            <Code>{f}</Code>{" "}
          </>
        ))}
        {files.length > 4 && `and ${files.length - 4} more`}
      </p>
      <pre>{commit.message}</pre>
    </div>
  );
}

function Trouble({ dialog, again }: { dialog: Model; again: () => void }) {
  if (dialog.signedOut)
    return (
      <p class="ask-refusal" role="alert">
        <b>Your session has ended.</b> Sign in again: what you typed stays here, and the preview is made anew.
      </p>
    );
  if (!dialog.refusal) return null;
  return (
    <div class="ask-refusal" role="alert">
      <p>
        <b>{sentence(dialog.refusal.message)}</b> {dialog.refusal.next && capital(dialog.refusal.next)}
      </p>
      <Button onClick={again}>Look again</Button>
    </div>
  );
}

// Names that a text begins with stay as they are: "shop/web is suspended".
const capital = (text: string) => (/^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);
const sentence = (text: string) => `${capital(text).replace(/[.]$/, "")}.`;
