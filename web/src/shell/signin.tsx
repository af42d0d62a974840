import { useEffect, useRef, useState } from "preact/hooks";

import { get, post, Failure } from "../request";
import { out } from "../session";
import { about } from "../store";
import { Button } from "../ui";
import { Logo } from "../ui/icons";

/** Where to go back to after a sign-in that leaves the page. */
const kept = "fairlead-return";

/** Goes back to where a sign-in by OIDC began. */
export function backFromSignIn(): void {
  try {
    const search = sessionStorage.getItem(kept);
    sessionStorage.removeItem(kept);
    if (search && location.search === "" && location.pathname === "/") history.replaceState(null, "", "/" + search);
  } catch {
    // A browser that keeps nothing begins at the map.
  }
}

/** Covers the page until somebody is signed in; what was typed below it stays. */
export function SignIn() {
  const box = useRef<HTMLDialogElement>(null);
  const [ways, setWays] = useState<readonly string[] | null>(null);
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Failure | null>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current!.showModal();
    void get<{ ways: string[] }>("sign-in").then(
      (answer) => setWays(answer.ways),
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
  const remember = (): void => {
    try {
      if (!again) sessionStorage.setItem(kept, location.search);
    } catch {
      // It begins at the map then.
    }
  };
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
          <a class="button main" href="/api/v1/sign-in/oidc" target={again ? "_blank" : undefined} rel="noopener" onClick={remember}>
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
        {ways?.length === 0 && <p>There is no way to sign in here: open the link that the program printed.</p>}
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
