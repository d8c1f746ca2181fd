import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { expect, test } from "vitest"
import { identityOf, isAlive } from "./process-identity.ts"

test("a process is alive until it ends", async () => {
  const child = spawn("sleep", ["60"])
  await once(child, "spawn")
  const identity = identityOf(child.pid!)
  expect(isAlive(identity)).toBe(true)

  child.kill("SIGKILL")
  await once(child, "exit")
  expect(isAlive(identity)).toBe(false)
})

test.runIf(existsSync("/proc/self/stat"))("another process that got the same number is not the same process", () => {
  const self = identityOf(process.pid)
  expect(isAlive(self)).toBe(true)
  expect(isAlive({ ...self, startedAt: "1" })).toBe(false)
})
