import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

import { recorded } from "./dev/server.ts";
import { licences } from "./vite.licences.ts";

/** The API of made-up state beside the page, unless FAIRLEAD_SERVER names a real one to pass requests to. */
function state(): Plugin {
  return {
    name: "fairlead-state",
    configureServer(server) {
      if (process.env["FAIRLEAD_SERVER"] || process.env["VITEST"]) return;
      const api = recorded({ workloads: Number(process.env["FAIRLEAD_WORKLOADS"] ?? 160) });
      server.middlewares.use((request, response, next) => {
        if (!api.answer(request, response)) next();
      });
    },
  };
}

const real = process.env["FAIRLEAD_SERVER"];

export default defineConfig({
  plugins: [state(), licences()],
  server: real ? { proxy: { "/api": real, "/sign-in": real } } : {},
  build: {
    // The page's policy allows no inline script, style or data other than images: everything is a file of its own.
    assetsInlineLimit: 0,
    // The first that know light-dark(): what older ones would need instead does not follow the choice of a theme.
    target: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 200,
  },
  worker: { format: "es" },
  test: { include: ["src/**/*.test.ts", "test/unit/**/*.test.ts"] },
});
