import { defineConfig } from "vitest/config"

// `homeport test --full` sets this: the tests that sample in everyday runs then go through everything, and may take their time.
const full = process.env.HOMEPORT_FULL === "1"
const minutes = (everyday: number, inFull: number) => (full ? inFull : everyday) * 60_000

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/*.test.ts"],
          testTimeout: minutes(0.5, 10),
          hookTimeout: minutes(1, 1),
        },
      },
      { test: { name: "simulator", include: ["sim/**/*.test.ts"], testTimeout: minutes(5, 60) } },
      { test: { name: "conformance", include: ["test/conformance/**/*.test.ts"], testTimeout: minutes(5, 60) } },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: minutes(5, 60),
          hookTimeout: minutes(2, 2),
          // They start real processes on real ports, and some measure how long those take.
          fileParallelism: false,
        },
      },
    ],
  },
})
