import { expect, test } from "vitest"
import { PROGRAMS } from "./programs.ts"
import type { Stage } from "./stage.suite.ts"

export function watchingSuite(setUp: () => Stage): void {
  test("start and end are told, in order and with the exit code", async () => {
    const stage = setUp()
    const events = stage.watch()
    const { id } = await stage.run(PROGRAMS.fails.script)
    const ofIt = await stage.until(() => {
      const told = events.filter((event) => event.kind !== "resync" && event.id === id)
      return told.length >= 2 ? told : undefined
    })
    expect(ofIt).toEqual([
      { kind: "started", id, at: expect.any(Number) },
      { kind: "stopped", id, at: expect.any(Number), exitCode: 3 },
    ])
  })

  test("out of memory is told before the end that it causes", async () => {
    const stage = setUp()
    const events = stage.watch()
    const limits = { cpuShares: 0, memory: 32 << 20, memorySwap: 32 << 20 }
    const { id, exitCode, outOfMemory } = await stage.run(PROGRAMS.eatsMemory.script, { limits })
    expect({ exitCode, outOfMemory }).toEqual({ exitCode: 137, outOfMemory: true })
    const kinds = await stage.until(() => {
      const told = events.flatMap((event) => (event.kind !== "resync" && event.id === id ? [event.kind] : []))
      return told.includes("stopped") ? told : undefined
    })
    expect(kinds[0]).toBe("started")
    expect(kinds[1]).toBe("out of memory")
    expect(kinds.at(-1)).toBe("stopped")
  })

  test("who has stopped watching is told nothing more", async () => {
    const stage = setUp()
    const heard: string[] = []
    const cancel = stage.engine.watch(({ kind }) => heard.push(kind))
    const others = stage.watch()
    cancel()
    await stage.run(PROGRAMS.fails.script)
    await stage.until(() => others.find(({ kind }) => kind === "stopped"))
    expect(heard).toEqual([])
  })

  test("a container that runs has plausible figures, and one that does not has none", async () => {
    const stage = setUp()
    const id = await stage.running(PROGRAMS.waits.script, { limits: { cpuShares: 0, memory: 64 << 20 } })
    const stats = (await stage.until(async () => await stage.engine.stats(id)))!
    expect(Math.abs(stats.at - stage.world.now())).toBeLessThan(5_000)
    expect(stats.cpuNanoseconds).toBeGreaterThanOrEqual(0)
    expect(stats.memoryBytes).toBeGreaterThan(0)
    expect(stats.memoryBytes).toBeLessThan(64 << 20)
    expect(stats.memoryLimitBytes).toBe(64 << 20)
    expect(stats.processes).toBeGreaterThanOrEqual(1)

    await stage.engine.signal(id, "SIGKILL")
    await stage.ended(id)
    expect(await stage.engine.stats(id)).toBeUndefined()
  })
}
