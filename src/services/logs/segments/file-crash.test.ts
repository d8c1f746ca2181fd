import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { expect, test } from "vitest"
import { testDirectory } from "./file.testing.ts"
import { all } from "./suite.ts"

test("a process that is killed in the middle of its work loses nothing that it has acknowledged, and keeps no half batch", async () => {
  using directory = testDirectory()
  const acknowledged = new Set<number>()
  for (const lines of [1, 40, 400, 1_500]) {
    const from = Math.max(-1, ...acknowledged) + 1_000
    await killedAfter(lines, directory.path, from, (number) => acknowledged.add(number))
  }

  const store = await directory.open()
  const counts = new Map<number, number>()
  for (const group of ["g0", "g1", "g2"]) {
    for (const { time } of await all(store, { group })) counts.set(time, (counts.get(time) ?? 0) + 1)
  }
  await store.close()
  expect([...acknowledged].filter((number) => !counts.has(number))).toEqual([])
  expect([...counts].filter(([number, count]) => count !== 1 + (number % 7))).toEqual([])
})

async function killedAfter(
  lines: number,
  directory: string,
  from: number,
  acknowledged: (number: number) => void,
): Promise<void> {
  const program = new URL("./file-writer.testing.ts", import.meta.url).pathname
  const child = spawn(process.execPath, [program, directory, String(from)], { stdio: ["ignore", "pipe", "inherit"] })
  const ended = once(child, "exit")
  try {
    let count = 0
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged(Number(line))
      if (++count === lines) child.kill("SIGKILL")
    }
  } finally {
    child.kill("SIGKILL")
    await ended
  }
}
