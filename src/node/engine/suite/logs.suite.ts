import { expect, test } from "vitest"
import type { LogChunk } from "../log-source.ts"
import { PROGRAMS } from "./programs.ts"
import { type Stage, textOf } from "./stage.suite.ts"

export function logSuite(setUp: () => Stage, options: { readonly countsLoss: boolean }): void {
  test("both streams are read whole, each in its order, and then the log ends", async () => {
    const stage = setUp()
    const before = stage.world.now()
    const { id, stdout, stderr } = await stage.run(PROGRAMS.talks.script)
    expect({ stdout, stderr }).toEqual({ stdout: "one\ntwo\nthree", stderr: "wrong\n" })
    for (const { at, lostBytes } of await stage.logOf(id)) {
      expect(Math.abs(at - before)).toBeLessThan(60_000)
      expect(lostBytes).toBe(0)
    }
  })

  test("any position goes on with what comes behind it, also in an engine that was opened again", async () => {
    const stage = setUp()
    const { id } = await stage.run(PROGRAMS.talks.script)
    const chunks = await stage.logOf(id)
    await stage.reopen()
    for (const [index, { next }] of chunks.entries()) {
      const rest = chunks.slice(index + 1)
      const again = await stage.logOf(id, next)
      for (const stream of ["stdout", "stderr"] as const) expect(textOf(again, stream)).toBe(textOf(rest, stream))
    }
  })

  test("a line is read while the container runs, and what is written later follows", async () => {
    const stage = setUp()
    const id = await stage.running(PROGRAMS.talksUntilTold.script)
    const position = await stage.heard(id, "first\n")
    await stage.reopen()
    const rest = stage.logOf(id, position)
    await stage.engine.signal(id, "SIGTERM")
    expect(textOf(await rest, "stdout")).toBe("last\n")
    await stage.ended(id)
  })

  test("a container that is started again goes on in the same log", async () => {
    const stage = setUp()
    const { id } = await stage.run(PROGRAMS.talks.script)
    const position = (await stage.logOf(id)).at(-1)!.next
    await stage.engine.start(id)
    await stage.ended(id)
    expect(textOf(await stage.logOf(id, position), "stdout")).toBe("one\ntwo\nthree")
    expect(textOf(await stage.logOf(id), "stderr")).toBe("wrong\nwrong\n")
  })

  test("who gives up reading is let go at once", async () => {
    const stage = setUp()
    const id = await stage.running(PROGRAMS.waits.script)
    const enough = new AbortController()
    const reading = (async () => {
      for await (const _chunk of stage.engine.logs(id).read(undefined, enough.signal));
    })()
    enough.abort()
    await reading
  })

  test("what was released may go, and the rest stays", async () => {
    const stage = setUp()
    const { id } = await stage.run(PROGRAMS.floods.script)
    const chunks = await stage.logOf(id)
    expect(lengthOf(chunks)).toBe(FLOOD_BYTES)
    const middle = Math.floor(chunks.length / 2)
    const { next } = chunks[middle]!
    await stage.engine.logs(id).release(next)
    expect(textOf(await stage.logOf(id, next), "stdout")).toBe(textOf(chunks.slice(middle + 1), "stdout"))
  })

  test.runIf(options.countsLoss)("what nobody read in time is dropped from the front, and counted", async () => {
    const stage = setUp()
    const { id } = await stage.run(PROGRAMS.floods.script, { logBytesMax: 200_000 })
    const chunks = await stage.logOf(id)
    const lost = chunks.reduce((sum, { lostBytes }) => sum + lostBytes, 0)
    expect(lengthOf(chunks)).toBeLessThan(FLOOD_BYTES)
    expect(lost + lengthOf(chunks)).toBe(FLOOD_BYTES)
    expect(chunks[0]!.lostBytes).toBe(lost)
    expect(textOf(chunks, "stdout").endsWith("012345678\n")).toBe(true)
  })
}

const FLOOD_BYTES = 1_200_000

function lengthOf(chunks: readonly LogChunk[]): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)
}
