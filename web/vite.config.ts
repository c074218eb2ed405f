import vue from "@vitejs/plugin-vue";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [vue()],
  base: "/",
  define: {
    __VUE_OPTIONS_API__: "false",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    __VUE_I18N_LEGACY_API__: "false",
    __VUE_I18N_FULL_INSTALL__: "false",
    __INTLIFY_PROD_DEVTOOLS__: "false",
  },
  resolve: { alias: { "@": here("./src") } },
  build: {
    outDir: "dist",
    target: ["chrome87", "safari14", "firefox91"],
    // data: URLs would need a wider content security policy than the product's own.
    assetsInlineLimit: 0,
    rolldownOptions: { input: { console: here("./console.html"), room: here("./room.html") } },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
