import { execFile, execFileSync, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { Worker } from "node:worker_threads"
import { gzipSync } from "node:zlib"
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest"
import { ImageReader } from "../../src/node/engine/containerd/image-facts.ts"
import { packJson } from "../../src/node/engine/containerd/proto.ts"
import type { PullProgress } from "../../src/node/engine/image.ts"
import { dockerArchive, dockerArchiveFiles, ociArchive, ociArchiveFiles } from "../image/archive.ts"
import { ALICE } from "../image/guard.ts"
import { anImage, anIndex } from "../image/image.ts"
import { aLayer, tarOf } from "../image/layer.ts"
import { type RegistryOptions, startRegistry } from "../image/registry.ts"
import { startContainerd } from "./containerd.ts"
import type { Daemon } from "./daemon.ts"
import { type OpenImages, openImages, whatIsLeft } from "./images-daemon.ts"
import { until } from "./until.ts"

const NEVER = new AbortController().signal
const ANYONE = { signal: NEVER }

let containerd: Daemon
let open: OpenImages
beforeAll(async () => {
  containerd = await startContainerd()
})
afterAll(() => containerd?.stop())

beforeEach(() => {
  open = openImages(containerd.socket)
})
afterEach(async () => {
  // Whatever a test did: when its images are removed, nothing of it is left.
  for (const { id } of await open.images.list()) await open.images.remove(id)
  await open.images.collect()
  const left = await whatIsLeft(open)
  open.close()
  expect(left).toEqual([])
})

async function served(options: RegistryOptions = {}) {
  const registry = await startRegistry(options)
  onTestFinished(() => registry.close())
  return registry
}

/** Bytes that no packing makes smaller, so that a layer takes its time. */
const megabytes = (count: number) => randomBytes(count * 1_000_000)

const anUnlikeImage = (name = "data") => anImage({ busybox: false, files: { [name]: megabytes(3) } })

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

/** What stands at a path of an image's file system. */
async function fileIn(id: string, path: string): Promise<string> {
  const { chainId } = await new ImageReader(open.client).read(id)
  const key = `look-${randomBytes(4).toString("hex")}`
  const { mounts } = await open.client.snapshots.view({ snapshotter: "overlayfs", key, parent: chainId })
  await open.client.snapshots.remove({ snapshotter: "overlayfs", key })
  const { source, options } = mounts[0]!
  const layers = options
    .find((option) => option.startsWith("lowerdir="))
    ?.slice("lowerdir=".length)
    .split(":") ?? [source]
  for (const layer of layers) {
    try {
      return readFileSync(join(layer, path), "utf8")
    } catch {
      // Then it is in a lower one.
    }
  }
  throw new Error(`There is no ${path}.`)
}

test("a pulled image is known by its tag, its digest and its id, and has its files", async () => {
  const registry = await served()
  const image = await anImage({
    command: ["/bin/true"],
    files: { "etc/motd": "hello" },
    layers: [{ "etc/motd": "again" }],
  })
  const reference = registry.put("web:1", image)
  const seen: PullProgress[] = []

  const pulled = await open.images.pull(reference, { ...ANYONE, progress: (progress) => seen.push(progress) })

  expect(pulled).toMatchObject({
    id: image.id,
    references: [reference],
    repositoryDigests: [`${registry.host}/web@${image.digest}`],
    config: { command: ["/bin/true"], environment: ["PATH=/bin"] },
  })
  expect(pulled.bytes).toBeGreaterThan(1_000_000)
  for (const name of [reference, `${registry.host}/web@${image.digest}`, image.id]) {
    expect(await open.images.get(name)).toEqual(pulled)
  }
  expect(await open.images.list()).toEqual([pulled])
  expect(await fileIn(image.id, "etc/motd")).toBe("again")
  expect(await fileIn(image.id, "etc/passwd")).toContain("root:")

  const bytesTotal = image.layers.reduce((sum, { bytes }) => sum + bytes.length, 0)
  expect(seen[0]).toEqual({ bytesDone: 0, bytesTotal })
  expect(seen.at(-1)).toEqual({ bytesDone: bytesTotal, bytesTotal })
  expect(seen.map(({ bytesDone }) => bytesDone)).toEqual(
    seen.map(({ bytesDone }) => bytesDone).toSorted((a, b) => a - b),
  )
})

test("what is here already is not fetched again, under any name", async () => {
  const registry = await served()
  const image = await anUnlikeImage()
  const [one, two] = [registry.put("web:1", image), registry.put("team/shop:2", image)]
  await open.images.pull(one, ANYONE)
  const before = registry.requests.length

  const pulled = await open.images.pull(two, { ...ANYONE, digest: image.digest })

  expect(registry.requests).toHaveLength(before)
  expect(pulled.references.toSorted()).toEqual([one, two].toSorted())
})

test("pulls at once fetch every layer once, also one that several images share", async () => {
  const registry = await served()
  const base = await aLayer({ base: megabytes(2) })
  const images = await Promise.all(["a", "b"].map((name) => anImage({ busybox: false, layers: [base, { name }] })))
  const references = images.map((image, place) => registry.put(`web:${place}`, image))

  const pulled = await Promise.all([...references, ...references].map((name) => open.images.pull(name, ANYONE)))

  expect(pulled.map(({ id }) => id)).toEqual([...images, ...images].map(({ id }) => id))
  for (const image of images) for (const digest of image.blobs.keys()) expect(registry.fetches(digest)).toBe(1)
})

test("a name that has moved on is followed, and what it stood for before stays under its digest", async () => {
  const registry = await served()
  const [before, after] = [await anUnlikeImage(), await anUnlikeImage()]
  const reference = registry.put("web:1", before)
  await open.images.pull(reference, ANYONE)
  registry.put("web:1", after)

  expect(await open.images.resolve(reference, undefined, NEVER)).toBe(after.digest)
  await open.images.pull(reference, ANYONE)

  expect((await open.images.get(reference))?.id).toBe(after.id)
  expect((await open.images.get(`${registry.host}/web@${before.digest}`))?.references).toEqual([])
})

test("a pull that was told a digest brings that, wherever the name has moved since", async () => {
  const registry = await served()
  const [before, after] = [await anUnlikeImage(), await anUnlikeImage()]
  const reference = registry.put("web:1", before)
  const digest = await open.images.resolve(reference, undefined, NEVER)
  registry.put("web:1", after)

  expect((await open.images.pull(reference, { ...ANYONE, digest })).id).toBe(before.id)
})

test("of an image for several platforms the machine's own is brought, and nothing else", async () => {
  const registry = await served()
  const [own, foreign] = [
    await anUnlikeImage(),
    await anImage({ busybox: false, architecture: "s390x", files: { a: "b" } }),
  ]
  const index = anIndex([foreign, own])
  const reference = registry.put("web:1", index)

  const pulled = await open.images.pull(reference, ANYONE)

  expect(pulled).toMatchObject({ id: own.id, repositoryDigests: [`${registry.host}/web@${index.digest}`] })
  expect(registry.fetches(foreign.id)).toBe(0)
  const elsewhere = registry.put("web:2", anIndex([foreign]))
  await expect(open.images.pull(elsewhere, ANYONE)).rejects.toThrow("does not contain descriptor matching platform")
})

test.each(["basic", "bearer"] as const)("a private registry (%s) gives to those with a login only", async (guard) => {
  const registry = await served({ guard })
  const reference = registry.put("web:1", await anUnlikeImage())
  await expect(open.images.pull(reference, ANYONE)).rejects.toMatchObject({ kind: "registry refused" })
  await expect(open.images.pull(reference, { ...ANYONE, login: ALICE })).resolves.toBeDefined()
})

test.each(["none", "gzip", "zstd"] as const)("layers may be packed in the way %s", async (compression) => {
  const registry = await served()
  const image = await anImage({ busybox: false, compression, files: { "etc/motd": compression } })
  await open.images.pull(registry.put("web:1", image), ANYONE)
  expect(await fileIn(image.id, "etc/motd")).toBe(compression)
})

test("an image may be written in Docker's own types, and may have no layers", async () => {
  const registry = await served()
  const image = await anImage({ busybox: false, style: "docker", files: { a: "docker" } })
  await open.images.pull(registry.put("web:1", image), ANYONE)
  expect(await fileIn(image.id, "a")).toBe("docker")

  const empty = await anImage({ busybox: false, labels: { nothing: "in it" } })
  await open.images.pull(registry.put("web:2", empty), ANYONE)
  expect(await open.images.get(empty.id)).toMatchObject({ bytes: 0, config: { labels: { nothing: "in it" } } })
})

test("a layer that came spoiled is fetched again; one that always does is refused and leaves nothing unpacked", async () => {
  const registry = await served()
  const image = await anUnlikeImage()
  const reference = registry.put("web:1", image)
  registry.fail(image.layers[0]!.digest, { corrupt: true })
  await open.images.pull(reference, ANYONE)
  expect(registry.fetches(image.layers[0]!.digest)).toBe(2)

  const other = await anUnlikeImage()
  registry.fail(other.layers[0]!.digest, { corrupt: true }, 100)
  await expect(open.images.pull(registry.put("web:2", other), ANYONE)).rejects.toMatchObject({
    kind: "registry failed",
  })
  expect(await open.images.get(`${registry.host}/web:2`)).toBeUndefined()
})

test("a layer whose files are not those of the configuration is refused", async () => {
  const registry = await served()
  const image = await anImage({ busybox: false, files: { a: "what was promised" } })
  const forged = await anImage({ busybox: false, files: { a: "something else" } })
  const liar = await anImage({ busybox: false, layers: [{ ...forged.layers[0]!, diffId: image.layers[0]!.diffId }] })
  await expect(open.images.pull(registry.put("web:1", liar), ANYONE)).rejects.toMatchObject({
    kind: "invalid",
    message: expect.stringContaining("wrong diff id calculated on extraction"),
  })
})

test("a pull that nobody wants any more ends at once and leaves nothing behind", async () => {
  const registry = await served()
  const image = await anUnlikeImage()
  const stop = new AbortController()
  registry.fail(image.layers[0]!.digest, { cutAfter: 1_000_000 })
  registry.fail(image.layers[0]!.digest, { hold: new Promise(() => {}) })
  const pulled = open.images.pull(registry.put("web:1", image), { signal: stop.signal })
  await until(() => registry.fetches(image.layers[0]!.digest) === 2)

  stop.abort(new Error("the task was stopped"))

  await expect(pulled).rejects.toThrow("the task was stopped")
  expect(await whatIsLeft(open)).toEqual([])
})

test("what came before the registry went away is not fetched again by the next pull", async () => {
  const registry = await served()
  const image = await anImage({ busybox: false, layers: [{ a: megabytes(1) }, { b: megabytes(3) }] })
  const reference = registry.put("web:1", image)
  const [whole, broken] = image.layers.map(({ digest }) => digest) as [string, string]
  registry.fail(broken, { cutAfter: 1_000_000 })
  registry.fail(broken, { status: 403 })
  registry.fail(broken, { cutAfter: 1_000_000 })
  await expect(open.images.pull(reference, ANYONE)).rejects.toMatchObject({ kind: "registry refused" })
  expect(await whatIsLeft(open)).toEqual([])

  registry.fail(broken, { status: 500 }, 5)
  await expect(open.images.pull(reference, ANYONE)).rejects.toMatchObject({ kind: "registry failed" })
  const before = registry.fetches(whole)
  await open.images.pull(reference, ANYONE)
  expect(registry.fetches(whole)).toBe(before)
})

test("a process that is killed in the middle of a pull is followed by one that goes on there", async () => {
  const registry = await served()
  const image = await anImage({ busybox: false, layers: [{ a: megabytes(1) }, { b: megabytes(6) }] })
  const reference = registry.put("web:1", image)
  const [whole, broken] = image.layers.map(({ digest }) => digest) as [string, string]
  registry.fail(broken, { cutAfter: 4_000_000 })
  registry.fail(broken, { hold: new Promise(() => {}) })
  const process = pullProcess(reference)
  await until(() => registry.fetches(broken) === 2)
  process.kill("SIGKILL")

  await open.images.pull(reference, ANYONE)

  expect(registry.fetches(whole)).toBe(1)
  const again = registry.requests.filter(({ path }) => path.endsWith(broken)).at(-1)!
  expect(Number(/^bytes=(\d+)-$/.exec(again.range ?? "")?.[1])).toBeGreaterThan(1_000_000)
  await open.images.collect()
  expect((await open.client.leases.list({})).leases).toEqual([])
  expect((await open.client.content.listStatuses({})).statuses).toEqual([])
})

test("a pull outlives a containerd that is killed and comes back", async () => {
  const registry = await served()
  const image = await anImage({
    busybox: false,
    layers: [{ a: megabytes(1) }, { b: megabytes(6) }, { c: "the last one" }],
  })
  const reference = registry.put("web:1", image)
  const [whole, broken] = image.layers.map(({ digest }) => digest) as [string, string]
  const held = Promise.withResolvers<void>()
  registry.fail(broken, { cutAfter: 3_000_000 })
  registry.fail(broken, { hold: held.promise })
  const pulled = open.images.pull(reference, ANYONE)
  await until(() => registry.fetches(broken) === 2)

  await containerd.kill()
  held.resolve()
  await containerd.start()

  expect((await pulled).id).toBe(image.id)
  expect(registry.fetches(whole)).toBe(1)
  expect(await fileIn(image.id, "c")).toBe("the last one")
})

test("an image is removed with all its names, not while a container uses it, and a second time without harm", async () => {
  const registry = await served()
  const base = await aLayer({ base: "shared" })
  const [image, other] = await Promise.all(
    ["a", "b"].map((name) => anImage({ busybox: false, layers: [base, { name }] })),
  )
  await open.images.pull(registry.put("web:1", image!), ANYONE)
  await open.images.pull(registry.put("web:2", image!), ANYONE)
  await open.images.pull(registry.put("shop:1", other!), ANYONE)
  const container = {
    id: "user",
    labels: {},
    image: image!.id,
    runtime: { name: "io.containerd.runc.v2" },
    spec: packJson("types.containerd.io/opencontainers/runtime-spec/1/Spec", {}),
    snapshotter: "overlayfs",
    snapshotKey: "",
  }
  await open.client.containers.create({ container })
  await expect(open.images.remove(image!.id)).rejects.toMatchObject({
    kind: "invalid",
    message: `the image ${image!.id} is used by container user`,
  })
  await open.client.containers.delete({ id: "user" })

  await open.images.remove(image!.id)
  await open.images.remove(image!.id)

  expect(await open.images.get(image!.id)).toBeUndefined()
  expect((await open.images.list()).map(({ id }) => id)).toEqual([other!.id])
  expect(await fileIn(other!.id, "base")).toBe("shared")
})

test("an image that has lost its file system is brought back by a pull", async () => {
  const registry = await served()
  const image = await anUnlikeImage()
  const reference = registry.put("web:1", image)
  await open.images.pull(reference, ANYONE)
  await open.client.snapshots.remove({ snapshotter: "overlayfs", key: image.layers[0]!.diffId })
  expect(await open.images.get(reference)).toBeUndefined()

  await open.images.pull(reference, ANYONE)
  expect((await open.images.get(reference))?.id).toBe(image.id)
})

test("tars of docker save and of OCI tools are read, packed or not, and the names in them told", async () => {
  const image = await anImage({ files: { "etc/motd": "from a tar" }, compression: "none" })
  const archives = [
    await dockerArchive(image, "web:1", "example.com/web:2"),
    await ociArchive(image, "docker.io/library/web:1", "example.com/web:2"),
    gzipSync(await dockerArchive(image, "web:1", "example.com/web:2"), { level: 1 }),
  ]
  for (const archive of archives) {
    expect(await open.images.importTar(inPieces(archive))).toEqual(["web:1", "example.com/web:2"])
    expect(await open.images.get("web:1")).toMatchObject({ id: image.id, repositoryDigests: [] })
    expect(await fileIn(image.id, "etc/motd")).toBe("from a tar")
    await open.images.remove(image.id)
  }
})

test("an image that was saved without a name is known by its id", async () => {
  const image = await anImage({ busybox: false, files: { a: "b" } })
  for (const archive of [await dockerArchive(image), await ociArchive(image)]) {
    expect(await open.images.importTar(inPieces(archive))).toEqual([image.id])
    expect(await open.images.get(image.id)).toMatchObject({ id: image.id, references: [] })
    await open.images.remove(image.id)
  }
})

test("docker save's links from one layer to another are followed", async () => {
  const image = await anImage({ busybox: false, files: { a: "once" } })
  const files = dockerArchiveFiles(image, "web:1")
  const layer = `${image.layers[0]!.diffId.slice("sha256:".length)}/layer.tar`
  const { [layer]: tar, ...rest } = files
  const archive = await tarOf({
    "first/layer.tar": tar!,
    [layer]: { type: "symlink", linkname: "../first/layer.tar" },
    ...rest,
  })
  expect(await open.images.importTar(inPieces(archive))).toEqual(["web:1"])
})

test("a tar that lies, lacks something or ends too soon is refused, and nothing of it stays", async () => {
  const image = await anImage({ busybox: false, files: { a: "b" } })
  const layout = ociArchiveFiles(image, "web:1")
  const saved = dockerArchiveFiles(image, "web:1")
  const blob = `blobs/sha256/${image.layers[0]!.digest.slice("sha256:".length)}`
  const layer = `${image.layers[0]!.diffId.slice("sha256:".length)}/layer.tar`
  const { [blob]: _, ...withoutBlob } = layout
  const { [layer]: __, ...withoutLayer } = saved
  const archives: [Buffer, string][] = [
    [await tarOf({ ...layout, [blob]: "something else" }), "unexpected content"],
    [await tarOf({ ...saved, [layer]: await tarOf({ a: "something else" }) }), "wrong diff id"],
    [await tarOf(withoutBlob), "the archive lacks"],
    [await tarOf(withoutLayer), "the archive lacks"],
    [await tarOf({ ...saved, "manifest.json": "[" }), "cannot be read"],
    [await tarOf({ "hello.txt": "no image at all" }), "neither an index.json nor a manifest.json"],
    [(await tarOf(layout)).subarray(0, 1800), "not a whole tar archive"],
    [Buffer.alloc(0), "neither an index.json nor a manifest.json"],
  ]
  for (const [archive, reason] of archives) {
    await expect(open.images.importTar(inPieces(archive))).rejects.toThrow(reason)
    await open.images.collect()
    expect(await whatIsLeft(open)).toEqual([])
  }
})

test("a full disk is told as such, gives its room back, and the next pull works when there is some", async () => {
  const small = await startContainerd()
  const beside = openImages(small.socket)
  onTestFinished(async () => {
    beside.close()
    await small.stop()
  })
  await small.kill()
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", join(small.directory, "root")])
  await small.start()
  const registry = await served()
  const large = await anImage({ busybox: false, files: { data: megabytes(12) } })
  const fitting = await anImage({ busybox: false, files: { data: megabytes(5) } })

  await expect(beside.images.pull(registry.put("web:1", large), ANYONE)).rejects.toMatchObject({
    kind: "machine",
    message: expect.stringMatching(/^ref pull has been retried 1 time\(s\): .*no space left on device/),
  })
  expect(await whatIsLeft(beside)).toEqual([])
  await expect(beside.images.pull(registry.put("web:2", fitting), ANYONE)).resolves.toMatchObject({ id: fitting.id })
})

test("an image of 100 MB takes about as long as it takes ctr", async () => {
  const registry = new Worker(new URL("large-image.ts", import.meta.url))
  onTestFinished(async () => void (await registry.terminate()))
  const [{ reference, id, bytes }] = await once(registry, "message")
  const [ours, theirs]: [number[], number[]] = [[], []]
  const ctr = ["--address", containerd.socket, "--namespace", "ctr", "images"]
  for (let round = 0; round < 3; round++) {
    ours.push(await timed(() => open.images.pull(reference, ANYONE)))
    await open.images.remove(id)
    theirs.push(await timed(() => run("ctr", [...ctr, "pull", "--plain-http", reference])))
    await run("ctr", [...ctr, "rm", "--sync", reference])
  }
  const [own, other] = [Math.min(...ours), Math.min(...theirs)]
  console.log(`pull of ${Math.round(bytes / 1e6)} MB: ${Math.round(own)} ms; ctr images pull: ${Math.round(other)} ms`)

  // Not the figure itself, which depends on who else is on the machine, but what nothing on it could excuse.
  expect(own).toBeLessThan(other * 3)
})

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function pullProcess(reference: string) {
  const program = join(import.meta.dirname, "pull-process.ts")
  const child = spawn(process.execPath, [program, containerd.socket, reference], { stdio: "inherit" })
  onTestFinished(() => void child.kill("SIGKILL"))
  return child
}

const run = promisify(execFile)
