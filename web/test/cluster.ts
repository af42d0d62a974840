// A running `fairlead demo` and its cluster, for tests of the page against the real server.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The program under test: built by `make build`, or named by FAIRLEAD_PROGRAM. */
export const program = process.env["FAIRLEAD_PROGRAM"] ?? new URL("../../bin/fairlead", import.meta.url).pathname;
export const isBuilt = existsSync(program);

export interface Demo {
  /** The one-time link, and the address of the page without it. */
  link: string;
  address: string;
  /** Asks the API server, as the cluster's administrator; a body is merged in (PATCH) unless the method is another. */
  kube: (path: string, body?: unknown, method?: string) => Promise<Record<string, unknown>>;
  /** Changes a file of the configuration repository, commits and pushes. */
  commit: (file: string, change: (text: string) => string, message: string) => void;
  stop: () => Promise<void>;
}

export async function demo(): Promise<Demo> {
  const child = spawn(program, ["demo"], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  const told = new Promise<void>((done, fail) => {
    const look = (data: Buffer): void => {
      said += data.toString();
      if (/once=\w+[\s\S]*config\.git/.test(said)) done();
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.once("exit", () => fail(new Error(`the demo ended:\n${said}`)));
  });
  await told;
  const find = (what: RegExp): string => what.exec(said)?.[1] ?? "";
  const link = find(/(http:\/\/\S+\/sign-in\?once=\w+)/);
  const clone = mkdtempSync(join(tmpdir(), "fairlead-page-"));
  const git = (...args: string[]): void => void execFileSync("git", ["-c", "user.name=Jonas Berg", "-c", "user.email=jonas@example.com", ...args], { cwd: clone, stdio: "pipe" });
  git("clone", "-q", find(/(http:\/\/\S+config\.git)/), ".");
  return {
    link,
    address: link.slice(0, link.indexOf("/sign-in")),
    kube: caller(readFileSync(find(/KUBECONFIG=(\S+)/), "utf8")),
    commit(file, change, message) {
      const path = join(clone, file);
      const before = readFileSync(path, "utf8");
      const after = change(before);
      if (after === before) throw new Error(`${file} is not changed`);
      execFileSync("tee", [path], { input: after, stdio: ["pipe", "ignore", "inherit"] });
      git("pull", "-q", "--rebase", "--autostash");
      git("commit", "-qam", message);
      git("push", "-q");
    },
    stop: () => end(child, gone, clone),
  };
}

async function end(child: ChildProcess, gone: Promise<void>, clone: string): Promise<void> {
  child.kill("SIGINT");
  await gone;
  rmSync(clone, { recursive: true, force: true });
}

/** Calls the API server that a kubeconfig names, with the certificate in it. */
function caller(kubeconfig: string): Demo["kube"] {
  const field = (name: string): string => new RegExp(`${name}: *"?([^"\\s]+)`).exec(kubeconfig)?.[1] ?? "";
  const file = (name: string): Buffer | undefined => (field(`${name}-data`) ? Buffer.from(field(`${name}-data`), "base64") : field(name) ? readFileSync(field(name)) : undefined);
  const token = field("token");
  const options = { ca: file("certificate-authority"), cert: file("client-certificate"), key: file("client-key") };
  return (path, body, method = body === undefined ? "GET" : "PATCH") =>
    new Promise((done, fail) => {
      const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const call = request(field("server") + path, { ...options, method, headers: { "content-type": type, ...(token ? { authorization: `Bearer ${token}` } : {}) } }, (answer) => {
        let text = "";
        answer.on("data", (data: Buffer) => (text += data.toString()));
        answer.on("end", () => {
          if ((answer.statusCode ?? 500) < 300) done(JSON.parse(text) as Record<string, unknown>);
          else fail(new Error(`${method} ${path}: ${answer.statusCode ?? 0} ${text.slice(0, 300)}`));
        });
      });
      call.on("error", fail);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
}
