import { statSync } from "node:fs"
import { expect, test } from "vitest"
import type { Abilities } from "../engine.ts"
import type { Stage } from "./stage.suite.ts"

/** What only some engines can do; with real containers only. */
export function namespaceSuite(setUp: () => Stage, able: Partial<Abilities>): void {
  test.runIf(able.sharedNamespaces)(
    "containers share their task's processes and memory when they ask for it",
    async () => {
      const stage = setUp()
      const taskId = await stage.aTask({ sharesPids: true, sharesIpc: true })
      await stage.running("exec sleep 4711", { taskId, pid: "task", ipc: "task" })
      const script = "readlink /proc/self/ns/ipc; ps | grep '[s]leep 4711' | wc -l"
      const [one, other, stranger] = [
        await stage.run(script, { taskId, pid: "task", ipc: "task" }),
        await stage.run(script, { taskId, pid: "task", ipc: "task" }),
        await stage.run(script, { taskId }),
      ].map(({ stdout }) => stdout.split("\n"))
      expect(one).toEqual(other)
      expect(one![1]).toBe("1")
      expect(stranger![0]).not.toBe(one![0])
      expect(stranger![1]).toBe("0")
    },
  )

  test.runIf(able.givenNetworks)(
    "a container is placed in a network namespace that is given, which stays when it ends",
    async () => {
      const stage = setUp()
      const taskId = await stage.aTask()
      const path = await stage.setting.host!.networkNamespace!()
      const { id: networkId } = await stage.aNetwork(taskId, { mode: "given", path })
      const { stdout } = await stage.run("readlink /proc/self/ns/net", { taskId, networkId })
      await stage.engine.removeNetwork(networkId)
      expect(stdout).toBe(`net:[${statSync(path).ino}]\n`)
    },
  )

  test.runIf(able.givenNetworks === false)("a network that is given is refused with a reason", async () => {
    const stage = setUp()
    const taskId = await stage.aTask()
    await expect(stage.aNetwork(taskId, { mode: "given", path: "/proc/self/ns/net" })).rejects.toMatchObject({
      name: "EngineError",
      kind: "invalid",
    })
  })

  test.runIf(able.sharedNamespaces === false)("a task that wants to share is refused with a reason", async () => {
    const stage = setUp()
    await expect(stage.aTask({ sharesPids: true })).rejects.toMatchObject({ name: "EngineError", kind: "invalid" })
  })
}
