import { expect, test } from "vitest"
import { COMMANDS, PROGRAMS } from "./programs.ts"
import type { Stage } from "./stage.suite.ts"

export function execSuite(setUp: () => Stage): void {
  test("a command in a container gives its output and its exit code", async () => {
    const stage = setUp()
    const id = await stage.running(PROGRAMS.waits.script)
    expect(await stage.engine.exec(id, shell(COMMANDS.fails.script))).toEqual({ exitCode: 7, output: "said\n" })
  })

  test("what a command says is cut at the length that was asked for", async () => {
    const stage = setUp()
    const id = await stage.running(PROGRAMS.waits.script)
    const command = { ...shell(COMMANDS.rambles.script), outputLengthMax: 100 }
    expect(await stage.engine.exec(id, command)).toEqual({ exitCode: 0, output: "y\n".repeat(50) })
  })

  test("a command that takes too long can be given up, and the container does not care", async () => {
    const stage = setUp()
    const id = await stage.running(PROGRAMS.waits.script)
    const patience = new AbortController()
    stage.world.after(50, () => patience.abort(new Error("too long")))
    await expect(stage.engine.exec(id, shell(COMMANDS.hangs.script), patience.signal)).rejects.toThrow("too long")
    expect((await stage.engine.inspect(id))!.status).toBe("running")
    expect((await stage.engine.exec(id, shell(COMMANDS.fails.script))).exitCode).toBe(7)
  })

  test("a container that does not run runs no command", async () => {
    const stage = setUp()
    const { id } = await stage.run(PROGRAMS.fails.script)
    await expect(stage.engine.exec(id, shell("true"))).rejects.toMatchObject({ name: "EngineError", kind: "gone" })
  })
}

function shell(script: string) {
  return { command: ["/bin/sh", "-c", script], outputLengthMax: 10_000 }
}
