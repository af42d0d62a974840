import { defineConfig } from "vitest/config";

/** What needs a browser: one at a time, each with a server of its own. */
export default defineConfig({
  test: { include: ["test/**/*.browser.ts"], fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000 },
});
