import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { Failure, get, post } from "../request";
import { out } from "../session";
import { about } from "../store";
import { Button } from "../ui";
import { Logo } from "../ui/icons";

/** Covers the page until somebody is signed in; what was typed below it stays. */
export function SignIn() {
  const box = useRef<HTMLDialogElement>(null);
  const [ways, setWays] = useState<readonly string[] | null>(null);
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Failure | null>(null);
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current!.showModal();
    void get<{ ways: string[]; refused?: { message: string; next?: string } }>("sign-in").then(
      ({ ways, refused }) => {
        setWays(ways);
        if (refused) setError(new Failure(refused.message, refused.next ?? "", 0));
      },
      (failure: unknown) => setError(failure as Failure),
    );
    return () => before?.focus?.();
  }, []);
  const send = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    post("sign-in/token", { token: token.trim() }).then(
      () => (out.value = null),
      (failure: unknown) => {
        setError(failure as Failure);
        setBusy(false);
      },
    );
  };
  const again = about.value !== null;
  return (
    <dialog ref={box} class={`sign-in ${again ? "" : "first"}`} aria-labelledby="sign-in-title" onCancel={(event) => event.preventDefault()}>
      <div class="dialog-body">
        <div class="logo">
          <Logo /> <span>Fairlead</span>
        </div>
        <h2 id="sign-in-title">{again ? "Sign in again" : "Sign in"}</h2>
        <p class="soft">
          {out.value?.why && <span>{out.value.why.replace(/([^.])$/, "$1.")} </span>}
          {again ? "What you were doing stays as it is." : "You see what your rights in the cluster let you see."}
        </p>
        {ways?.includes("oidc") && (
          <a class="button main" href={`/api/v1/sign-in/oidc?return=${encodeURIComponent(again ? "/" : location.pathname + location.search)}`} target={again ? "_blank" : undefined} rel="noopener">
            Sign in with single sign-on
          </a>
        )}
        {ways?.includes("token") && (
          <form onSubmit={send}>
            <label for="token">{ways.includes("oidc") ? "or by a token" : "Token"}</label>
            <input id="token" type="password" autocomplete="off" required value={token} onInput={(event) => setToken(event.currentTarget.value)} />
            <p class="faint">
              From <code>kubectl create token NAME</code>; it is sent to Fairlead only.
            </p>
            <Button main={!ways.includes("oidc")} type="submit" disabled={busy || token.trim() === ""}>
              Sign in
            </Button>
          </form>
        )}
        {ways && !ways.includes("oidc") && !ways.includes("token") && <p>Open the link that is printed where Fairlead runs.</p>}
        {error && (
          <p class="error-note" role="alert">
            <span>
              <b>{error.message}</b>
              {error.next && `: ${error.next}`}
            </span>
          </p>
        )}
      </div>
    </dialog>
  );
}
