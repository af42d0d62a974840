import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** Puts the licences of what is built in beside it. */
export function licences(): Plugin {
  const packages = new Set<string>();
  return {
    name: "fairlead-licences",
    apply: "build",
    generateBundle(_, bundle) {
      for (const id of this.getModuleIds()) note(id);
      const fonts = Object.keys(bundle).some((file) => file.endsWith(".woff2"));
      if (fonts) ["@fontsource-variable/inter", "@fontsource-variable/jetbrains-mono"].forEach((name) => packages.add(name));
      packages.add("@dagrejs/dagre"); // in a worker, which is a build of its own
      const text = [...packages].sort().map((name) => `${name}\n\n${licence(join("node_modules", name))}`);
      this.emitFile({ type: "asset", fileName: "assets/licences.txt", source: text.join("\n\n" + "-".repeat(80) + "\n\n") });
    },
  };

  function note(id: string): void {
    const found = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id);
    if (found) packages.add(found[1]!);
  }
}

function licence(directory: string): string {
  const file = existsSync(directory) && readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
  return file ? readFileSync(join(directory, file), "utf8").trim() : "";
}
