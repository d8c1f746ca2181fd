import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buffer } from "node:stream/consumers"
import { afterEach, expect, onTestFinished, test } from "vitest"
import { ALICE } from "../../../test/image/guard.ts"
import { anImage, anIndex } from "../../../test/image/image.ts"
import { type RegistryOptions as Served, startRegistry } from "../../../test/image/registry.ts"
import { CertificateAuthority } from "../../main/ca.ts"
import { realWorld } from "../../world/real.ts"
import type { World } from "../../world/world.ts"
import { parseReference } from "./reference.ts"
import { openRegistry, type RegistryOptions } from "./registry.ts"

const NEVER = new AbortController().signal
const ANYONE = { login: undefined, signal: NEVER }
const AS_ALICE = { login: ALICE, signal: NEVER }

let waits: number[] = []
afterEach(() => {
  waits = []
})

/** Pauses between tries pass at once and are written down; what limits one try never runs out. */
function hurriedWorld(): World {
  return {
    ...realWorld(),
    after(ms, task) {
      if (ms >= 30_000) return () => {}
      waits.push(ms)
      const immediate = setImmediate(task)
      return () => clearImmediate(immediate)
    },
  }
}

async function served(options: Served = {}) {
  const server = await startRegistry(options)
  onTestFinished(() => server.close())
  return server
}

function opened(options: Partial<RegistryOptions> = {}) {
  const registry = openRegistry({ world: hurriedWorld(), ...options })
  onTestFinished(() => registry.close())
  return registry
}

const image = await anImage({
  busybox: false,
  files: { data: Buffer.alloc(3_000_000, "not all alike, ") },
  compression: "none",
})
const layer = image.layers[0]!
const blob = { mediaType: "", digest: layer.digest, size: layer.bytes.length }

test("a name stands for the digest that the registry says, and nothing is fetched for it", async () => {
  const server = await served()
  const reference = parseReference(server.put("team/web:1", image))

  const { digest, mediaType, size } = await opened().resolve(reference, ANYONE)

  expect({ digest, mediaType, size }).toEqual({
    digest: image.digest,
    mediaType: image.mediaType,
    size: image.manifest.length,
  })
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["HEAD /v2/team/web/manifests/1"])
  expect(server.requests[0]!.accept).toContain("application/vnd.docker.distribution.manifest.list.v2+json")
})

test("an index is answered with as itself: what runs where is decided later", async () => {
  const server = await served()
  const index = anIndex([image, await anImage({ busybox: false, architecture: "s390x" })])
  const reference = parseReference(server.put("web", index))
  expect((await opened().resolve(reference, ANYONE)).digest).toBe(index.digest)
})

test("a manifest with another digest than it was asked for is not taken", async () => {
  const server = await served()
  const reference = parseReference(server.put("web", image))
  server.fail(image.digest, { corrupt: true }, 10)
  await expect(opened().manifest(reference, image.digest, ANYONE)).rejects.toMatchObject({
    kind: "registry failed",
    message: expect.stringContaining(`instead of ${image.digest}`),
  })
})

test("what is not there is told in the words of ECS, after one try", async () => {
  const server = await served()
  await expect(opened().resolve(parseReference(`${server.host}/web:9`), ANYONE)).rejects.toMatchObject({
    kind: "image not found",
    message: `pull image manifest has been retried 1 time(s): failed to resolve ref ${server.host}/web:9: ${server.host}/web:9: not found`,
  })
  expect(server.requests).toHaveLength(1)
})

test("a registry that is away is tried five times, with growing pauses", async () => {
  const server = await startRegistry()
  await server.close()
  await expect(opened().resolve(parseReference(`${server.host}/web:1`), ANYONE)).rejects.toMatchObject({
    kind: "registry failed",
    message: expect.stringMatching(
      /^pull image manifest has been retried 5 time\(s\): failed to resolve ref \S+: failed to do request: Head "http:\S+": dial tcp \S+: connect: connection refused$/,
    ),
  })
  expect(waits).toHaveLength(4)
  for (const [place, most] of [400, 800, 1600, 3200].entries()) {
    expect(waits[place]).toBeLessThanOrEqual(most)
    expect(waits[place]).toBeGreaterThanOrEqual(most / 2)
  }
})

test("a registry that fails for a moment is asked again, not sooner than it says", async () => {
  const server = await served()
  const reference = parseReference(server.put("web", image))
  server.fail("/manifests/", { status: 503 })
  server.fail("/manifests/", { status: 429, retryAfter: "7" })

  await opened().resolve(reference, ANYONE)

  expect(server.requests).toHaveLength(3)
  expect(waits[1]).toBe(7000)
})

test("a pull is given up as soon as nobody wants it any more", async () => {
  const server = await served()
  const reference = parseReference(server.put("web", image))
  const stop = new AbortController()
  server.fail("/manifests/", { hold: new Promise(() => {}) })
  const resolved = opened().resolve(reference, { login: undefined, signal: stop.signal })
  const arrived = async () => {
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await arrived()
  stop.abort(new Error("the task was stopped"))
  await expect(resolved).rejects.toThrow("the task was stopped")
})

test.each(["basic", "bearer"] as const)(
  "a registry that asks in the way %s lets in who has a login, and is shown it at once from then on",
  async (guard) => {
    const server = await served({ guard })
    const reference = parseReference(server.put("web", image))
    const registry = opened()

    await registry.resolve(reference, AS_ALICE)
    const first = server.requests.length
    await registry.resolve(reference, AS_ALICE)

    expect(first).toBe(guard === "basic" ? 2 : 3)
    expect(server.requests).toHaveLength(first + 1)
  },
)

test.each(["basic", "bearer"] as const)("who has no login, or a wrong one, is refused in the way %s", async (guard) => {
  const server = await served({ guard })
  const reference = parseReference(server.put("web", image))
  for (const login of [undefined, { ...ALICE, password: "guessed" }]) {
    await expect(opened().resolve(reference, { login, signal: NEVER })).rejects.toMatchObject({
      kind: "registry refused",
      message: expect.stringMatching(
        /^pull image manifest has been retried 1 time\(s\): .*(pull access denied|failed to authorize)/,
      ),
    })
  }
})

test("a token of one login is not shown for another", async () => {
  const server = await served({ guard: "bearer" })
  const reference = parseReference(server.put("web", image))
  const registry = opened()
  await registry.resolve(reference, AS_ALICE)
  await expect(registry.resolve(reference, ANYONE)).rejects.toMatchObject({ kind: "registry refused" })
})

test("a token that is no longer taken is replaced", async () => {
  const server = await served({ guard: "bearer" })
  const reference = parseReference(server.put("web", image))
  const registry = opened()
  await registry.resolve(reference, AS_ALICE)
  const before = server.requests.length
  server.forgetTokens()

  await registry.resolve(reference, AS_ALICE)

  expect(server.requests.slice(before).map(({ path }) => path.slice(0, 6))).toEqual(["/v2/we", "/token", "/v2/we"])
})

test("the login stays with the registry: where it sends us on to for a blob never sees it", async () => {
  const storage = await served()
  storage.put("web", image)
  const server = await served({ guard: "basic", redirectBlobsTo: `http://${storage.host}` })
  const reference = parseReference(server.put("web", image))

  const bytes = await buffer(opened().blob(reference, blob, 0, AS_ALICE))

  expect(bytes.equals(layer.bytes)).toBe(true)
  expect(storage.requests.map(({ authorization }) => authorization)).toEqual([undefined])
})

test("a blob whose connection is cut goes on where it was", async () => {
  const server = await served()
  const reference = parseReference(server.put("web", image))
  server.fail("/blobs/", { cutAfter: 1_000_000 }, 2)

  const bytes = await buffer(opened().blob(reference, blob, 0, ANYONE))

  expect(bytes.equals(layer.bytes)).toBe(true)
  expect(server.requests.map(({ range }) => range)).toEqual([undefined, "bytes=1000000-", "bytes=2000000-"])
})

test("a blob goes on also where the registry knows no ranges", async () => {
  const server = await served()
  const reference = parseReference(server.put("web", image))
  server.fail("/blobs/", { cutAfter: 1_000_000 })
  server.fail("/blobs/", { ignoresRange: true })
  const bytes = await buffer(opened().blob(reference, blob, 0, ANYONE))
  expect(bytes.equals(layer.bytes)).toBe(true)
})

test("a blob is read from the middle when the rest is here", async () => {
  const server = await served()
  const reference = parseReference(server.put("web", image))
  const bytes = await buffer(opened().blob(reference, blob, 1234, ANYONE))
  expect(bytes.equals(layer.bytes.subarray(1234))).toBe(true)
})

test("a blob that breaks again and again without getting on is given up", async () => {
  const server = await served()
  const reference = parseReference(server.put("web", image))
  server.fail("/blobs/", { cutAfter: 10 }, 100)
  await expect(buffer(opened().blob(reference, blob, 0, ANYONE))).rejects.toMatchObject({
    kind: "registry failed",
    message: expect.stringContaining("ref pull has been retried 5 time(s): failed to copy: "),
  })
  expect(server.requests).toHaveLength(5)
})

test("a blob that is not what its digest says fails at its end", async () => {
  const server = await served()
  const reference = parseReference(server.put("web", image))
  server.fail("/blobs/", { corrupt: true })
  await expect(buffer(opened().blob(reference, blob, 0, ANYONE))).rejects.toThrow("unexpected content")
})

test("a blob that is longer than its manifest says is not read to its end", async () => {
  const server = await served()
  const reference = parseReference(server.put("web", image))
  const short = { ...blob, size: 100 }
  await expect(buffer(opened().blob(reference, short, 0, ANYONE))).rejects.toMatchObject({ kind: "invalid" })
})

test("over TLS a registry is known by the authority that was given, and taken from no other", async () => {
  const folder = mkdtempSync(join(tmpdir(), "homeport-registry-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const authority = new CertificateAuthority(join(folder, "ca"))
  const server = await served({ tls: await authority.issue(["0.0.0.0"], Date.now()) })
  server.put("web", image)
  // None of the loopback's names, and yet it leads there.
  const reference = parseReference(`0.0.0.0:${server.host.split(":")[1]}/web`)

  const known = opened({ authorities: [authority.certificate()!] })
  expect((await known.resolve(reference, ANYONE)).digest).toBe(image.digest)
  await expect(opened().resolve(reference, ANYONE)).rejects.toThrow("tls: failed to verify certificate: x509:")
  await expect(opened({ plainHttp: ["0.0.0.0"] }).resolve(reference, ANYONE)).resolves.toBeDefined()
})

test("a registry elsewhere is not spoken to without TLS", async () => {
  const server = await served()
  server.put("web", image)
  const reference = parseReference(`0.0.0.0:${server.host.split(":")[1]}/web`)
  await expect(opened().resolve(reference, AS_ALICE)).rejects.toMatchObject({ kind: "registry failed" })
  expect(server.requests).toEqual([])
  await expect(opened({ plainHttp: ["0.0.0.0"] }).resolve(reference, ANYONE)).resolves.toBeDefined()
})
