/// <reference types="vitest/config" />
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { soundfont } from "./soundfont.ts";

// During development the Python server runs beside Vite; its address can be set for a second checkout.
const api = process.env.TRIVIUM_API ?? "http://127.0.0.1:8470";

export default defineConfig({
  plugins: [svelte(), soundfont()],
  resolve: {
    alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) },
    // Tests import component-side modules; they need Svelte's browser build.
    conditions: process.env.VITEST ? ["browser"] : undefined,
  },
  build: {
    outDir: "../src/trivium/static",
    emptyOutDir: true,
    sourcemap: false,
    target: "es2022",
    // three.js alone is about 600 kB before compression and sits in a chunk of its own.
    chunkSizeWarningLimit: 900,
    // The pages are served with `default-src 'self'`, so nothing may be inlined as a data: address.
    assetsInlineLimit: 0,
  },
  worker: { format: "es" },
  server: {
    proxy: {
      "/api": { target: api, ws: true },
      "/healthz": { target: api },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
