import { buffer } from "node:stream/consumers"
import { expect, onTestFinished, test } from "vitest"
import { ALICE } from "../../test/image/guard.ts"
import { anImage } from "../../test/image/image.ts"
import { type RegistryOptions, startRegistry } from "../../test/image/registry.ts"
import { UpstreamFailed } from "../services/ecr/index.ts"
import { realWorld } from "../world/real.ts"
import { openUpstream } from "./upstream.ts"

async function asked(options: RegistryOptions = {}) {
  const registry = await startRegistry(options)
  const image = await anImage({ busybox: false, files: { "/etc/motd": "hello" } })
  registry.put("team/app:v1", image)
  // What is tried again is tried again at once.
  const world = { ...realWorld(), after: hurried }
  const upstream = openUpstream({ world }, [registry.host])
  onTestFinished(async () => {
    upstream.close()
    await registry.close()
  })
  return { upstream, image, registry, place: { host: registry.host, repository: "team/app", login: undefined } }
}

function hurried(ms: number, task: () => void) {
  if (ms >= 30_000) return () => {}
  const immediate = setImmediate(task)
  return () => clearImmediate(immediate)
}

function reasonOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "none",
    (error) => (error instanceof UpstreamFailed ? error.reason : error),
  )
}

test.each(["none", "basic", "bearer"] as const)(
  "a registry with guard %s is read as a pull reads it",
  async (guard) => {
    const { upstream, image, place } = await asked({ guard })
    const known = { ...place, login: guard === "none" ? undefined : ALICE }
    expect(await upstream.resolve(known, "v1")).toBe(image.digest)
    expect(await upstream.resolve(known, image.digest)).toBe(image.digest)
    const { bytes, mediaType } = await upstream.manifest(known, image.digest)
    expect([Buffer.from(bytes), mediaType]).toEqual([image.manifest, image.mediaType])
    for (const [digest, content] of image.blobs) {
      expect(await buffer(upstream.blob(known, digest, content.length))).toEqual(content)
    }
  },
)

test("what is not there, who is not let in, and a registry that fails are told apart", async () => {
  const { upstream, place, registry } = await asked({ guard: "basic" })
  const known = { ...place, login: ALICE }
  expect(await reasonOf(upstream.resolve(known, "v9"))).toBe("absent")
  expect(await reasonOf(upstream.resolve(place, "v1"))).toBe("refused")
  expect(await reasonOf(upstream.resolve({ ...known, login: { ...ALICE, password: "wrong" } }, "v1"))).toBe("refused")
  registry.fail("manifests", { status: 500 }, 10)
  expect(await reasonOf(upstream.resolve(known, "v1"))).toBe("away")
})

test("whoever waits for another registry is let go when Homeport stops", async () => {
  const { upstream, place, registry } = await asked()
  const held = Promise.withResolvers<void>()
  registry.fail("manifests", { hold: held.promise })
  const waiting = reasonOf(upstream.resolve(place, "v1"))
  await expect.poll(() => registry.requests.some(({ path }) => path.includes("manifests"))).toBe(true)
  upstream.close()
  expect(await waiting).toBe("away")
  held.resolve()
})
