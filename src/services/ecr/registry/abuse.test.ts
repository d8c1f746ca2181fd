import { unlinkSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { Admission } from "../../../aws/admission.ts"
import { INSTALLATION } from "../../../store/changes.ts"
import { realWorld } from "../../../world/real.ts"
import { roles } from "../../iam/tables.ts"
import { digestOf } from "../blobs/digest.ts"
import { FileBlobStore } from "../blobs/file.ts"
import { CONFIG, type EcrWorld, IMAGE, INDEX, startEcr } from "../testing.ts"
import { Traffic } from "./traffic.ts"

const app = { repositoryName: "app1" }
const bytes = Buffer.from("what a layer holds")
const digest = digestOf(bytes)

async function oneRepository(): Promise<EcrWorld> {
  const region = await startEcr()
  await region.ecr.createRepository(app)
  return region
}

function allowing(...actions: readonly string[]) {
  const statement = { Effect: "Allow", Action: ["ecr:GetAuthorizationToken", ...actions], Resource: "*" }
  return { Version: "2012-10-17", Statement: [statement] } as never
}

test("nobody gets among what is public by signing for a region of that name, nor by replicating there", async () => {
  const region = await oneRepository()
  const { ecr, account, registry } = region
  for (const name of ["public", "ecr-public"]) {
    const there = region.ecrAs({ region: name })
    await there.createRepository({ repositoryName: "leak" })
    await registry(there).pushImage("leak", "v1")
    const destinations = [{ region: name, registryId: account }]
    await ecr.putReplicationConfiguration({ replicationConfiguration: { rules: [{ destinations }] } })
    await registry().pushImage("app1", "v1", name)
    await region.pass(5_000)
    for (const repository of ["leak", "app1"]) {
      const path = `/v2/public/${account}/${repository}/manifests/v1`
      expect((await registry().ask("GET", path, { anonymous: true })).status).toBe(404)
    }
  }
})

test("a token of temporary credentials ends with their role, also where another one has its name by now", async () => {
  const region = await oneRepository()
  const session = region.as({ role: allowing("ecr:BatchGetImage") })
  const { authorizationData } = await region.ecrAs({ credentials: session.credentials }).getAuthorizationToken({})
  const authorization = `Basic ${authorizationData![0]!.authorizationToken}`
  const { ask } = region.registry()
  const get = () => ask("GET", "/v2/app1/manifests/v1", { anonymous: true, headers: { authorization } })
  expect((await get()).status).toBe(404)
  region.store.transact(INSTALLATION, ({ anywhere }) => {
    for (const scope of anywhere.scopes(roles)) {
      const tx = anywhere.in(scope)
      for (const role of tx.all(roles)) tx.put(roles, { ...role, id: "AROAANOTHERONE" })
    }
  })
  expect((await get()).status).toBe(401)
})

test("a manifest whose signature covers another one is refused: its digest would be that one's", async () => {
  const { registry } = await oneRepository()
  const { ask, pushBlob } = registry()
  await pushBlob("app1", bytes)
  const victim = JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config: {}, layers: [] })
  const covers = (formatLength: number, formatTail: string) => {
    const text = JSON.stringify({ formatLength, formatTail: Buffer.from(formatTail).toString("base64url") })
    return Buffer.from(text).toString("base64url")
  }
  const content = { schemaVersion: 1, name: "app1", tag: "v1", fsLayers: [{ blobSum: digest }] }
  const signed = (part: string) => JSON.stringify({ ...content, signatures: [{ protected: part }] })
  const headers = { "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws" }
  const put = (body: string) => ask("PUT", "/v2/app1/manifests/v1", { headers, body })
  expect(await put(signed(covers(0, victim)))).toMatchObject({ status: 400, code: "MANIFEST_INVALID" })
  const unsigned = JSON.stringify(content)
  const good = await put(signed(covers(unsigned.length - 1, "}")))
  expect(good).toMatchObject({ status: 201, headers: { "docker-content-digest": digestOf(Buffer.from(unsigned)) } })
})

test("what would take a regular expression for ever is told apart at once", async () => {
  const { ecr } = await oneRepository()
  const rule = (filter: string) => ({
    scanFrequency: "MANUAL" as const,
    repositoryFilters: [{ filter, filterType: "WILDCARD" as const }],
  })
  const startedAt = performance.now()
  await expect(ecr.putRegistryScanningConfiguration({ rules: [rule(`${"a".repeat(40)}!`)] })).rejects.toThrow("filter")
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  await ecr.putRegistryScanningConfiguration({ rules: [rule("prod/*-app_1")] })
})

test("who may only begin an upload, or only end one, has nothing written", async () => {
  const region = await oneRepository()
  const begins = region.registry(region.ecrAs({ user: allowing("ecr:InitiateLayerUpload", "ecr:CompleteLayerUpload") }))
  const path = `/v2/app1/blobs/uploads/?digest=${digest}`
  const denied = await begins.ask("POST", path, { body: bytes })
  expect(denied).toMatchObject({ status: 403, code: "DENIED" })
  expect(denied.text).toContain("ecr:UploadLayerPart")
  expect(await region.blobs.has(digest)).toBe(false)
})

test("the last piece of an upload belongs where it says, too", async () => {
  const { registry } = await oneRepository()
  const { ask } = registry()
  const { location } = (await ask("POST", "/v2/app1/blobs/uploads/")).headers
  await ask("PATCH", location!, { body: bytes.subarray(0, 5) })
  const end = (from: number) =>
    ask("PUT", `${location}?digest=${digest}`, {
      body: bytes.subarray(5),
      headers: { "content-range": `${from}-${from + bytes.length - 6}` },
    })
  expect(await end(9)).toMatchObject({ status: 416, headers: { range: "0-4" } })
  expect((await end(5)).status).toBe(201)
})

test("what is said about what is said about an image goes with it, to any depth, but not what an index lists", async () => {
  const region = await oneRepository()
  const { ask, pushImage, pushBlob } = region.registry()
  const first = await pushImage("app1", "v1")
  const config = { ...(await pushBlob("app1", Buffer.from("{}"))), mediaType: CONFIG }
  const put = async (content: object, mediaType = IMAGE) => {
    const body = JSON.stringify({ schemaVersion: 2, mediaType, ...content })
    const descriptor = { mediaType, digest: digestOf(Buffer.from(body)), size: body.length }
    const path = `/v2/app1/manifests/${descriptor.digest}`
    expect((await ask("PUT", path, { headers: { "content-type": mediaType }, body })).status).toBe(201)
    return descriptor
  }
  const listed = await put({ config, layers: [], subject: first, annotations: { a: "listed" } })
  const index = await put({ manifests: [listed] }, INDEX)
  let subject = first
  for (let depth = 0; depth < 30; depth++) subject = await put({ config, layers: [], subject })
  expect((await ask("DELETE", `/v2/app1/manifests/${first.digest}`)).status).toBe(202)
  const { imageIds } = await region.ecr.listImages(app)
  expect(imageIds!.map(({ imageDigest }) => imageDigest).sort()).toEqual([listed.digest, index.digest].sort())
})

test("what refers to an image is told in answers of a size that clients take", async () => {
  const { registry } = await oneRepository()
  const { ask, pushImage, pushBlob } = registry()
  const subject = await pushImage("app1", "v1")
  const config = { ...(await pushBlob("app1", Buffer.from("{}"))), mediaType: CONFIG }
  for (const by of ["a", "b", "c"]) {
    const annotations = { by: by.repeat(1_800_000) }
    const body = JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config, layers: [], subject, annotations })
    const path = `/v2/app1/manifests/${digestOf(Buffer.from(body))}`
    expect((await ask("PUT", path, { headers: { "content-type": IMAGE }, body })).status).toBe(201)
  }
  const seen: string[] = []
  let path: string | undefined = `/v2/app1/referrers/${subject.digest}?artifactType=${encodeURIComponent(CONFIG)}`
  let answers = 0
  for (; path !== undefined; answers++) {
    const answer = await ask("GET", path)
    expect(answer.bytes.length).toBeLessThan(4.1 * 2 ** 20)
    const { manifests } = answer.json() as { manifests: { annotations: { by: string } }[] }
    seen.push(...manifests.map(({ annotations }) => annotations.by[0]!))
    path = /^<(.+)>; rel="next"$/.exec(answer.headers.link ?? "")?.[1]
  }
  expect(answers).toBe(2)
  expect(seen.sort()).toEqual(["a", "b", "c"])
})

test("a layer or manifest whose file is lost is not said to be there, and pushing it again mends that", async () => {
  const directory = await mkdtemp(join(tmpdir(), `homeport-ecr-lost-${process.pid}-`))
  const blobs = new FileBlobStore({ world: realWorld(), directory })
  try {
    await blobs.open()
    const region = await startEcr({}, blobs)
    await region.ecr.createRepository(app)
    const { ask, pushImage } = region.registry()
    const image = await pushImage("app1", "v1", "lost")
    const layer = digestOf(Buffer.from("lost"))
    for (const lost of [image.digest, layer]) unlinkSync(join(directory, "sha256", lost.slice("sha256:".length)))
    for (const path of [`/v2/app1/blobs/${layer}`, "/v2/app1/manifests/v1"]) {
      for (const method of ["HEAD", "GET"]) expect((await ask(method, path)).status).toBe(404)
    }
    expect(await pushImage("app1", "v1", "lost")).toEqual(image)
    expect((await ask("GET", `/v2/app1/blobs/${layer}`)).text).toBe("lost")
    expect((await ask("GET", "/v2/app1/manifests/v1")).status).toBe(200)
  } finally {
    await blobs.close()
    await rm(directory, { recursive: true, force: true })
  }
})

test("another account may see a repository described where its policy says so", async () => {
  const region = await oneRepository()
  const stranger = region.as({ account: "another" })
  const other = region.ecrAs({ account: stranger.account as never })
  const describe = () => other.describeRepositories({ registryId: region.account, repositoryNames: ["app1"] })
  await expect(describe()).rejects.toMatchObject({ name: "AccessDeniedException" })
  const statement = { Effect: "Allow", Principal: { AWS: stranger.account }, Action: "ecr:DescribeRepositories" }
  const policyText = JSON.stringify({ Version: "2012-10-17", Statement: [statement] })
  await region.ecr.setRepositoryPolicy({ ...app, policyText })
  expect((await describe()).repositories).toMatchObject([{ repositoryName: "app1" }])
  const broken = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ ...statement, Condition: { Nope: { a: "b" } } }],
  })
  await expect(region.ecr.setRepositoryPolicy({ ...app, policyText: broken })).rejects.toThrow(
    "Invalid repository policy provided",
  )
})

test("requests are counted by what they ask for, and an account that has its share under way is refused", async () => {
  const traffic = new Traffic(new Admission({ all: 3, perAccount: 1 }))
  const first = traffic.enter()!
  first.enterAccount("1")
  const second = traffic.enter()!
  expect(() => second.enterAccount("1")).toThrow("Rate exceeded")
  second.leave()
  second.leave()
  expect(traffic.inFlight).toBe(1)
  const others = [traffic.enter()!, traffic.enter()!]
  others[0]!.enterAccount("2")
  expect(traffic.enter()).toBeUndefined()
  first.leave()
  traffic.enter()!.enterAccount("1")
  traffic.count("GET manifests", 200)
  traffic.count("GET manifests", 200)
  expect(traffic.requests).toEqual([{ service: "registry", operation: "GET manifests", status: 200, count: 2 }])
})
