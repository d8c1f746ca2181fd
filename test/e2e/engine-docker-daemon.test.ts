import { execFileSync } from "node:child_process"
import { connect } from "node:net"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest"
import { chooseEngine } from "../../src/node/engine/detect.ts"
import { openDocker } from "../../src/node/engine/docker/docker.ts"
import { lookForEngines } from "../../src/node/engine/docker/look.ts"
import type { Engine, EngineEvent } from "../../src/node/engine/engine.ts"
import { Stage } from "../../src/node/engine/suite/stage.suite.ts"
import type { Host } from "../../src/node/linux/host.ts"
import { openHost } from "../../src/node/linux/open-host.ts"
import { realWorld } from "../../src/world/real.ts"
import { anImage } from "../image/image.ts"
import { startRegistry } from "../image/registry.ts"
import type { Daemon } from "./daemon.ts"
import { startDockerd } from "./dockerd.ts"
import { loadSuiteImages } from "./engine-setting.ts"
import { until } from "./until.ts"

const world = realWorld({ logLevel: "warn" })
const { signal } = new AbortController()
let dockerd: Daemon
let host: Host
let engine: Engine
let stage: Stage
let images: Awaited<ReturnType<typeof loadSuiteImages>>

beforeAll(async () => {
  dockerd = await startDockerd()
  host = await openHost({ world, stateFolder: join(dockerd.directory, "host") })
  engine = await openDocker({ world, socketPath: dockerd.socket })
  images = await loadSuiteImages(engine)
})

beforeEach(() => {
  const reopen = async () => engine
  stage = new Stage({ world, engine, reopen, images, dispose: async () => {} }, engine)
})

afterAll(async () => {
  await engine?.close()
  await host?.close()
  await dockerd?.stop()
})

describe("when dockerd is killed and started again", () => {
  test("containers run on, who watches is told of the gap, and a log that is read goes on without a hole", async () => {
    const script = "i=0; while true; do echo line $i; i=$((i + 1)); sleep 0.05; done"
    const id = await stage.running(script)
    const { pid } = (await engine.inspect(id))!
    const events: EngineEvent[] = []
    onTestFinished(engine.watch((event) => events.push(event)))
    const enough = new AbortController()
    let read = ""
    const reading = (async () => {
      for await (const { bytes } of engine.logs(id).read(undefined, enough.signal))
        read += new TextDecoder().decode(bytes)
    })()
    await until(() => read.includes("line 3\n"))

    await dockerd.kill()
    expect(await engine.isWell()).toBe(false)
    await expect(engine.inspect(id)).rejects.toMatchObject({ name: "EngineError", kind: "unavailable" })
    await dockerd.start()
    await until(() => events.some(({ kind }) => kind === "resync"))
    expect(await engine.isWell()).toBe(true)
    expect(await engine.inspect(id)).toMatchObject({ status: "running", pid })

    const lines = read.split("\n").length
    await until(() => read.split("\n").length > lines + 5)
    enough.abort()
    await reading
    const complete = read.split("\n").slice(0, -1)
    expect(complete).toEqual(complete.map((_, index) => `line ${index}`))

    await engine.signal(id, "SIGKILL", true)
    await until(() => events.find((event) => event.kind === "stopped" && event.id === id))
  })
})

describe("images from a registry", () => {
  test("a reference is resolved and pulled with its login, and is known by its tag and its digest", async () => {
    const { registry, reference, image } = await aRegistry()
    const login = { username: "alice", password: "secret" }
    expect(await engine.images.resolve(reference, login, signal)).toBe(image.digest)

    const told: number[] = []
    const options = { login, signal, progress: ({ bytesDone }: { bytesDone: number }) => told.push(bytesDone) }
    const pulled = await engine.images.pull(reference, options)
    onTestFinished(() => engine.images.remove(pulled.id))
    expect(pulled).toMatchObject({
      id: image.id,
      references: [reference],
      repositoryDigests: [`${registry.host}/shop/web@${image.digest}`],
    })
    expect(told.at(-1)).toBeGreaterThan(0)
    expect((await engine.images.get(reference))!.id).toBe(image.id)
    const { id, stdout } = await stage.run(undefined, { imageId: pulled.id })
    expect(stdout).toBe("sold\n")
    await engine.remove(id)
  })

  test("a pull by the digest that was resolved brings exactly that, and the tag stands for it", async () => {
    const { registry, reference, image } = await aRegistry()
    registry.put("shop/web:1", await anImage({ command: ["/bin/echo", "newer"] }))
    const login = { username: "alice", password: "secret" }
    const pulled = await engine.images.pull(reference, { login, digest: image.digest, signal })
    onTestFinished(() => engine.images.remove(pulled.id))
    expect(pulled).toMatchObject({ id: image.id, references: [reference] })
    await engine.images.remove(pulled.id)
    expect(await engine.images.get(reference)).toBeUndefined()
    await engine.images.remove(pulled.id)
  })

  test("what a registry does not have, does not give, or cannot say are told apart", async () => {
    const { registry, reference } = await aRegistry()
    const login = { username: "alice", password: "secret" }
    const missing = `${registry.host}/shop/web:none`
    for (const [name, given, kind] of [
      [missing, login, "image not found"],
      [reference, { username: "alice", password: "wrong" }, "registry refused"],
      [reference, undefined, "registry refused"],
    ] as const) {
      const options = given === undefined ? { signal } : { signal, login: given }
      await expect(engine.images.pull(name, options)).rejects.toMatchObject({ name: "EngineError", kind })
      await expect(engine.images.resolve(name, given, signal)).rejects.toMatchObject({ name: "EngineError", kind })
    }
    await registry.close()
    await expect(engine.images.pull(reference, { signal, login })).rejects.toMatchObject({ kind: "registry failed" })
  })

  /** A registry in this process that dockerd reaches at the same address on its own loopback. */
  async function aRegistry() {
    const registry = await startRegistry({ guard: "basic" })
    onTestFinished(() => registry.close())
    const port = Number(registry.host.split(":")[1])
    const stop = await host.networks.serve(dockerd.networkNamespace, "127.0.0.1", port, (socket) => {
      const onward = connect(port, "127.0.0.1")
      for (const [one, other] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        one.on("error", () => other.destroy())
        one.pipe(other)
      }
    })
    onTestFinished(stop)
    const image = await anImage({ command: ["/bin/echo", "sold"] })
    return { registry, reference: registry.put("shop/web:1", image), image }
  }
})

describe("looking for engines", () => {
  test("finds a Docker that answers, and says of one that does not where it was looked for", async () => {
    const searchPath = "/no/such/folder"
    const found = await lookForEngines({ searchPath, dockerHost: `unix://${dockerd.socket}` })
    expect(found).toMatchObject({ platform: "linux", isRoot: true, docker: { socketPath: dockerd.socket } })
    expect(chooseEngine(found, "docker")).toEqual({ engine: "docker", socketPath: dockerd.socket })

    const nothing = await lookForEngines({ searchPath, dockerHost: "unix:///no/such.sock" })
    expect(chooseEngine(nothing, "docker")).toEqual({
      engine: undefined,
      problem: "Docker does not answer: connect ENOENT /no/such.sock.",
    })
  })
})

describe("removal", () => {
  test("leaves no container, network or volume of an instance", async () => {
    const taskId = await stage.aTask()
    const network = await stage.aNetwork(taskId, { mode: "bridge", ports: [] })
    await stage.running("sleep 1000", { taskId, networkId: network.id })
    expect(docker("network", "ls", "--quiet", "--filter", "label=homeport.instance")).not.toBe("")
    await engine.removeTask(stage.instance, taskId)
    for (const kind of ["container", "network", "volume"]) {
      expect(docker(kind, "ls", "--quiet", ...(kind === "network" ? ["--filter", "driver=bridge"] : []))).toBe("")
    }
  })
})

function docker(...words: readonly string[]): string {
  return execFileSync("docker", ["--host", `unix://${dockerd.socket}`, ...words], { encoding: "utf8" })
}
