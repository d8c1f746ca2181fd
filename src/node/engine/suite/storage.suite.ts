import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import type { Stage } from "./stage.suite.ts"

/** With real containers only. */
export function storageSuite(setUp: () => Stage): void {
  test("a volume is filled from the image at its first use, is shared, and outlives its containers", async () => {
    const stage = setUp()
    const volume = await aVolume(stage)
    const at = (target: string, readOnly = false) => ({
      mounts: [{ kind: "volume", volume, target, readOnly } as const],
    })
    const { id, stdout } = await stage.run("cat /seed/file; echo mine > /seed/mine", at("/seed"))
    expect(stdout).toBe("from the image\n")
    await stage.engine.remove(id)
    expect((await stage.run("cat /data/file /data/mine", at("/data"))).stdout).toBe("from the image\nmine\n")
    expect((await stage.run("echo > /data/more || echo refused", at("/data", true))).stdout).toBe("refused\n")
  })

  test("a volume keeps what it was made with, and is gone when it was removed", async () => {
    const stage = setUp()
    const name = `${stage.instance}-labelled`
    const spec = { name, driver: "local", driverOptions: {}, labels: { shop: "yes" } }
    await stage.engine.volumes.create(spec)
    onTestFinished(() => stage.engine.volumes.remove(name))
    await stage.engine.volumes.create(spec)
    await stage.reopen()
    expect(await stage.engine.volumes.inspect(name)).toEqual(spec)
    await stage.engine.volumes.remove(name)
    await stage.engine.volumes.remove(name)
    expect(await stage.engine.volumes.inspect(name)).toBeUndefined()
  })

  test("a bind shows the host's files, both ways unless it is read-only; a missing source is made", async () => {
    const stage = setUp()
    const folder = join(stage.setting.host!.directory, stage.newId())
    mkdirSync(folder)
    writeFileSync(join(folder, "file"), "from the host\n")
    const bind = (source: string, readOnly: boolean) => ({
      mounts: [{ kind: "bind", source, target: "/host", readOnly } as const],
    })
    const { stdout } = await stage.run("cat /host/file; echo mine > /host/mine", bind(folder, false))
    expect(stdout).toBe("from the host\n")
    expect(readFileSync(join(folder, "mine"), "utf8")).toBe("mine\n")
    expect((await stage.run("echo > /host/more || echo refused", bind(folder, true))).stdout).toBe("refused\n")

    await stage.run("echo made > /host/file", bind(join(folder, "new"), false))
    expect(readFileSync(join(folder, "new/file"), "utf8")).toBe("made\n")
  })

  test("tmpfs is memory with the options that were given", async () => {
    const stage = setUp()
    const { stdout } = await stage.run("grep ' /fast ' /proc/mounts", {
      mounts: [{ kind: "tmpfs", target: "/fast", options: ["size=1048576", "noexec"] }],
    })
    expect(stdout).toMatch(/^tmpfs \/fast tmpfs \S*noexec\S* /)
    expect(stdout).toContain("size=1024k")
  })

  test("a read-only root refuses writing, and its volumes do not", async () => {
    const stage = setUp()
    const volume = await aVolume(stage)
    const { stdout } = await stage.run("echo > /file || echo refused; echo kept > /data/file; cat /data/file", {
      readonlyRoot: true,
      mounts: [{ kind: "volume", volume, target: "/data", readOnly: false }],
    })
    expect(stdout).toBe("refused\nkept\n")
  })

  test("shared memory has the size that was asked for", async () => {
    const { stdout } = await setUp().run("df -k /dev/shm | tail -n 1", { sharedMemory: 8 << 20 })
    expect(stdout.split(/\s+/)[1]).toBe("8192")
  })

  async function aVolume(stage: Stage): Promise<string> {
    const name = `${stage.instance}-volume`
    await stage.engine.volumes.create({ name, driver: "local", driverOptions: {}, labels: {} })
    onTestFinished(async () => {
      for (const { id } of await stage.engine.list(stage.instance)) await stage.engine.remove(id)
      await stage.engine.volumes.remove(name)
    })
    return name
  }
}
