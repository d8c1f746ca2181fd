import { expect, test } from "vitest"
import type { Stage } from "./stage.suite.ts"

/** With real containers, where the machine's cgroups are the engine's to use. */
export function limitSuite(setUp: () => Stage): void {
  test("a task's containers share its memory: together they cannot use more", async () => {
    const stage = setUp()
    const taskId = await stage.aTask({ memory: 48 << 20 })
    const { exitCode, outOfMemory } = await stage.run(EATS, { taskId })
    expect({ exitCode, outOfMemory }).toEqual({ exitCode: 137, outOfMemory: true })
  })

  test("a task's processors are counted over all of its containers", async () => {
    const stage = setUp()
    const taskId = await stage.aTask({ cpu: 0.25 })
    const burners = await Promise.all([1, 2].map(() => stage.running("while true; do :; done", { taskId })))
    const used = async () => {
      const stats = await Promise.all(burners.map((id) => stage.engine.stats(id)))
      return stats.reduce((sum, one) => sum + one!.cpuNanoseconds, 0) / 1e6
    }
    const [cpuBefore, before] = [await used(), stage.world.monotonic()]
    await stage.until(() => (stage.world.monotonic() - before > 1_000 ? true : undefined))
    const share = ((await used()) - cpuBefore) / (stage.world.monotonic() - before)
    expect(share).toBeGreaterThan(0.05)
    expect(share).toBeLessThan(0.4)
  })

  test("a task cannot have more processes than it may", async () => {
    const stage = setUp()
    const taskId = await stage.aTask({ pidsMax: 10 })
    const { stdout, stderr } = await stage.run(
      "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 5 & done; echo all",
      { taskId },
    )
    expect(stdout + stderr).toMatch(/can't fork/)
    expect(stdout).not.toContain("all")
  })

  const EATS = "exec awk 'BEGIN { all = \"x\"; while (1) all = all all }'"
}
