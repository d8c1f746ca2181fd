import { expect, test, vi } from "vitest"
import { nodeProcess } from "./node-process.ts"

test("a node is not handed the master key that the region was started with", async () => {
  vi.stubEnv("HOMEPORT_MASTER_KEY", "the key")
  const program = `console.log(JSON.stringify({ kind: "ending", reason: String(process.env.HOMEPORT_MASTER_KEY) }))`
  try {
    const start = nodeProcess({
      program: [process.execPath, "-e", program],
      args: () => [],
      logTo: 2,
      heard: () => {},
    })
    expect(await start(() => {}).ended).toEqual({ code: 0, reason: "undefined" })
  } finally {
    vi.unstubAllEnvs()
  }
})
