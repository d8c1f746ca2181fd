import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "test/*.test.ts"], testTimeout: 30_000 } },
      { test: { name: "conformance", include: ["test/conformance/**/*.test.ts"], testTimeout: 300_000 } },
      { test: { name: "simulator", include: ["sim/**/*.test.ts"], testTimeout: 300_000 } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 300_000, hookTimeout: 120_000, fileParallelism: false } },
    ],
  },
})
