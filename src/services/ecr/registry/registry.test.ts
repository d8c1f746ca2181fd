import { expect, test } from "vitest"
import { digestOf } from "../blobs/digest.ts"
import { removeUnwanted } from "../keeper.ts"
import { CONFIG, type EcrWorld, IMAGE, INDEX, LAYER, startEcr } from "../testing.ts"
import { isRegistryRequest } from "./answer.ts"

async function oneRepository(name = "shop/app"): Promise<EcrWorld> {
  const region = await startEcr()
  await region.ecr.createRepository({ repositoryName: name })
  return region
}

const bytes = Buffer.from("what a layer holds")
const digest = digestOf(bytes)

test("what is signed is for a service, whatever its path", () => {
  const path = "/v2/email/outbound-emails"
  expect(isRegistryRequest({ path, query: "", headers: {} })).toBe(true)
  expect(isRegistryRequest({ path, query: "", headers: { authorization: "AWS4-HMAC-SHA256 x" } })).toBe(false)
  expect(isRegistryRequest({ path, query: "X-Amz-Signature=x", headers: {} })).toBe(false)
  expect(isRegistryRequest({ path: "/v20", query: "", headers: {} })).toBe(false)
})

test("a blob is pushed in one request, in two, and in pieces, and is then there", async () => {
  const { registry } = await oneRepository()
  const { ask } = registry()
  const uploads = "/v2/shop/app/blobs/uploads/"
  const whole = await ask("POST", `${uploads}?digest=${digest}`, { body: bytes })
  expect(whole).toMatchObject({ status: 201, headers: { location: `/v2/shop/app/blobs/${digest}` } })

  const two = Buffer.from("two")
  const begun = await ask("POST", uploads)
  expect(begun).toMatchObject({ status: 202, headers: { range: "0-0" } })
  expect((await ask("PUT", `${begun.headers.location}?digest=${digestOf(two)}`, { body: two })).status).toBe(201)

  const { location } = (await ask("POST", uploads)).headers
  const pieces = [Buffer.from("in "), Buffer.from("pieces")]
  const first = await ask("PATCH", location!, { body: pieces[0]!, headers: { "content-range": "0-2" } })
  expect(first).toMatchObject({ status: 202, headers: { range: "0-2", location } })
  expect(await ask("GET", location!)).toMatchObject({ status: 204, headers: { range: "0-2" } })
  const wrong = await ask("PATCH", location!, { body: pieces[1]!, headers: { "content-range": "7-12" } })
  expect(wrong).toMatchObject({ status: 416, headers: { range: "0-2" }, code: "BLOB_UPLOAD_INVALID" })
  expect((await ask("PATCH", location!, { body: pieces[1]! })).status).toBe(202)
  const all = digestOf(Buffer.concat(pieces))
  expect((await ask("PUT", `${location}?digest=${all}`)).status).toBe(201)
  expect(await ask("PATCH", location!)).toMatchObject({ status: 404, code: "BLOB_UPLOAD_UNKNOWN" })
  expect((await ask("GET", `/v2/shop/app/blobs/${all}`)).text).toBe("in pieces")
  expect(await ask("HEAD", `/v2/shop/app/blobs/${all}`)).toMatchObject({
    status: 200,
    headers: { "content-length": "9" },
  })
})

test("a blob that is not what its digest says is refused, and so is a digest of another kind", async () => {
  const { registry } = await oneRepository()
  const { ask } = registry()
  const uploads = "/v2/shop/app/blobs/uploads/"
  expect(await ask("POST", `${uploads}?digest=${digest}`, { body: "other" })).toMatchObject({
    status: 400,
    code: "DIGEST_INVALID",
  })
  const { location } = (await ask("POST", uploads)).headers
  expect(await ask("PUT", `${location}?digest=sha512:${"0".repeat(128)}`)).toMatchObject({
    status: 400,
    code: "DIGEST_INVALID",
  })
  expect(await ask("GET", `/v2/shop/app/blobs/${digest}`)).toMatchObject({ status: 404, code: "BLOB_UNKNOWN" })
})

test.each([
  ["bytes=2-4", 206, "at ", "bytes 2-4/18"],
  ["bytes=13-", 206, "holds", "bytes 13-17/18"],
  ["bytes=-3", 206, "lds", "bytes 15-17/18"],
  ["bytes=0-999", 206, "what a layer holds", "bytes 0-17/18"],
  ["bytes=5-2", 200, "what a layer holds", undefined],
  ["lines=1-2", 200, "what a layer holds", undefined],
  ["bytes=18-", 416, undefined, "bytes */18"],
])("of a range %s the answer is %i", async (range, status, text, contentRange) => {
  const { registry } = await oneRepository()
  const { ask, pushBlob } = registry()
  await pushBlob("shop/app", bytes)
  const answer = await ask("GET", `/v2/shop/app/blobs/${digest}`, { headers: { range } })
  expect(answer.status).toBe(status)
  if (text !== undefined) expect(answer.text).toBe(text)
  expect(answer.headers["content-range"]).toBe(contentRange)
})

test("a layer is mounted from a repository that the pusher may read, and otherwise sent", async () => {
  const region = await oneRepository()
  const { ecr, registry } = region
  await ecr.createRepository({ repositoryName: "other" })
  const { ask, pushBlob } = registry()
  await pushBlob("shop/app", bytes)
  const mount = (by: typeof ask, from: string) => by("POST", `/v2/other/blobs/uploads/?mount=${digest}&from=${from}`)
  expect((await mount(ask, "nowhere")).status).toBe(202)
  const own = region.account
  expect((await mount(ask, `${own}/eu-west-1/shop/app`)).status).toBe(202)

  const arn = `arn:aws:ecr:us-east-1:${own}:repository/other`
  const push = { Effect: "Allow", Action: "ecr:*", Resource: arn }
  const token = { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" }
  const limited = region.ecrAs({ user: { Version: "2012-10-17", Statement: [push, token] } as never })
  expect((await mount(registry(limited).ask, "shop/app")).status).toBe(202)

  expect((await mount(ask, "shop/app")).status).toBe(201)
  expect((await ask("GET", `/v2/other/blobs/${digest}`)).text).toBe(bytes.toString())
  await ecr.createRepository({ repositoryName: "third" })
  await ecr.putAccountSetting({ name: "BLOB_MOUNTING", value: "DISABLED" })
  expect((await ask("POST", `/v2/third/blobs/uploads/?mount=${digest}&from=shop/app`)).status).toBe(202)
})

test("an image is pushed by tag and by digest, read, and carries its kind and its digest", async () => {
  const { registry } = await oneRepository()
  const { ask, pushImage } = registry()
  const image = await pushImage("shop/app", "v1")
  for (const reference of ["v1", image.digest]) {
    const got = await ask("GET", `/v2/shop/app/manifests/${reference}`)
    expect(got).toMatchObject({
      status: 200,
      headers: { "content-type": IMAGE, "docker-content-digest": image.digest },
    })
    expect(digestOf(got.bytes)).toBe(image.digest)
    const head = await ask("HEAD", `/v2/shop/app/manifests/${reference}`)
    expect(head).toMatchObject({ status: 200, text: "", headers: { "content-length": String(image.size) } })
  }
  expect(await ask("GET", "/v2/shop/app/manifests/v2")).toMatchObject({ status: 404, code: "MANIFEST_UNKNOWN" })
  expect(await pushImage("shop/app", "", "v1")).toEqual(image)
})

test("a manifest whose parts are not all there, or of another size, is refused", async () => {
  const { registry } = await oneRepository()
  const { ask, pushBlob } = registry()
  const config = { ...(await pushBlob("shop/app", Buffer.from("{}"))), mediaType: CONFIG }
  const put = (content: object, type = IMAGE) =>
    ask("PUT", "/v2/shop/app/manifests/v1", { headers: { "content-type": type }, body: JSON.stringify(content) })
  const manifest = (layer: object) => ({ schemaVersion: 2, mediaType: IMAGE, config, layers: [layer] })
  const layer = { mediaType: LAYER, digest, size: bytes.length }
  expect(await put(manifest(layer))).toMatchObject({ status: 404, code: "MANIFEST_BLOB_UNKNOWN" })
  await pushBlob("shop/app", bytes)
  expect(await put(manifest({ ...layer, size: 7 }))).toMatchObject({ status: 404, code: "MANIFEST_BLOB_UNKNOWN" })
  expect((await put(manifest(layer))).status).toBe(201)
  const foreign = {
    ...layer,
    digest: digestOf(Buffer.from("x")),
    mediaType: LAYER.replace("layer.", "layer.nondistributable."),
    urls: ["https://x"],
  }
  expect((await put(manifest(foreign))).status).toBe(201)
  const index = { schemaVersion: 2, mediaType: INDEX, manifests: [{ mediaType: IMAGE, digest, size: 1 }] }
  expect(await put(index, INDEX)).toMatchObject({ status: 404, code: "MANIFEST_UNKNOWN" })
  expect(await put({ ...manifest(layer), mediaType: "text/plain" })).toMatchObject({
    status: 400,
    code: "MANIFEST_INVALID",
  })
  expect(await put(manifest(layer), INDEX)).toMatchObject({ status: 400, code: "MANIFEST_INVALID" })
  const other = await ask("PUT", `/v2/shop/app/manifests/${digest}`, { body: JSON.stringify(manifest(layer)) })
  expect(other).toMatchObject({ status: 400, code: "DIGEST_INVALID" })
})

test("an index lists images, which then go only after it", async () => {
  const { registry } = await oneRepository()
  const { ask, pushImage } = registry()
  const image = await pushImage("shop/app", "", "a")
  const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [image] })
  const put = await ask("PUT", "/v2/shop/app/manifests/all", { headers: { "content-type": INDEX }, body: index })
  expect(put.status).toBe(201)
  expect(await ask("DELETE", `/v2/shop/app/manifests/${image.digest}`)).toMatchObject({ status: 405 })
  expect((await ask("DELETE", "/v2/shop/app/manifests/all")).status).toBe(202)
  expect((await ask("GET", `/v2/shop/app/manifests/${digestOf(Buffer.from(index))}`)).status).toBe(404)
  expect((await ask("DELETE", `/v2/shop/app/manifests/${image.digest}`)).status).toBe(202)
})

test("what refers to an image is found by it, and goes with it", async () => {
  const { registry } = await oneRepository()
  const { ask, pushImage, pushBlob } = registry()
  const subject = await pushImage("shop/app", "v1")
  const config = { ...(await pushBlob("shop/app", Buffer.from("{}"))), mediaType: "application/vnd.oci.empty.v1+json" }
  const said = {
    schemaVersion: 2,
    mediaType: IMAGE,
    artifactType: "test/signature",
    config,
    layers: [],
    subject,
    annotations: { by: "ann" },
  }
  const body = JSON.stringify(said)
  const signature = digestOf(Buffer.from(body))
  const put = await ask("PUT", `/v2/shop/app/manifests/${signature}`, { headers: { "content-type": IMAGE }, body })
  expect(put).toMatchObject({ status: 201, headers: { "oci-subject": subject.digest } })
  const referrers = `/v2/shop/app/referrers/${subject.digest}`
  const listed = await ask("GET", referrers)
  expect(listed.headers["content-type"]).toBe(INDEX)
  expect(listed.json()).toEqual({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [
      {
        mediaType: IMAGE,
        digest: signature,
        size: body.length,
        artifactType: "test/signature",
        annotations: { by: "ann" },
      },
    ],
  })
  const none = await ask("GET", `${referrers}?artifactType=test/other`)
  expect(none.json()).toMatchObject({ manifests: [] })
  expect(none.headers["oci-filters-applied"]).toBe("artifactType")
  expect((await ask("GET", `/v2/shop/app/referrers/${digest}`)).json()).toMatchObject({ manifests: [] })
  await ask("DELETE", `/v2/shop/app/manifests/${subject.digest}`)
  expect((await ask("GET", `/v2/shop/app/manifests/${signature}`)).status).toBe(404)
})

test("a tag that must not move is refused in AWS's words, and pushing the same again is not", async () => {
  const { ecr, registry } = await oneRepository()
  await ecr.putImageTagMutability({ repositoryName: "shop/app", imageTagMutability: "IMMUTABLE" })
  const { ask, pushImage } = registry()
  const image = await pushImage("shop/app", "v1", "one")
  expect(await pushImage("shop/app", "v1", "one")).toEqual(image)
  await expect(pushImage("shop/app", "v1", "two")).rejects.toThrow(
    '400 {"errors":[{"code":"TAG_INVALID","message":"The image tag \'v1\' already exists in the \'shop/app\' repository and cannot be overwritten because the tag is immutable."}]}',
  )
  expect((await ask("HEAD", "/v2/shop/app/manifests/v1")).headers["docker-content-digest"]).toBe(image.digest)
})

test("tags and repositories are listed in pages", async () => {
  const { ecr, registry } = await oneRepository("bb")
  for (const repositoryName of ["aa", "cc"]) await ecr.createRepository({ repositoryName })
  const { ask, pushImage } = registry()
  await ecr.createRepository({ repositoryName: "many" })
  for (const tag of ["c", "a", "b"]) await pushImage("many", tag, "same")
  const first = await ask("GET", "/v2/many/tags/list?n=2")
  expect(first.json()).toEqual({ name: "many", tags: ["a", "b"] })
  expect(first.headers.link).toBe('</v2/many/tags/list?n=2&last=b>; rel="next"')
  const rest = await ask("GET", "/v2/many/tags/list?n=2&last=b")
  expect(rest.json()).toEqual({ name: "many", tags: ["c"] })
  expect(rest.headers.link).toBeUndefined()
  expect((await ask("GET", "/v2/many/tags/list?n=x")).status).toBe(400)
  const catalog = await ask("GET", "/v2/_catalog?n=1&last=aa")
  expect(catalog.json()).toEqual({ repositories: ["bb"] })
  expect(catalog.headers.link).toContain('rel="next"')
})

test("what nobody wants any more gives its room back, and nothing else does", async () => {
  const region = await oneRepository()
  const { ecr, registry, store, blobs } = region
  const { ask, pushImage, pushBlob } = registry()
  await ecr.createRepository({ repositoryName: "other" })
  const gone = await pushImage("shop/app", "v1", "one")
  await pushImage("shop/app", "v2", "two")
  await pushBlob("other", Buffer.from("one"))
  await ask("DELETE", `/v2/shop/app/manifests/${gone.digest}`)
  expect(await removeUnwanted(store, blobs)).toBe(1)
  await region.pass(25 * 60 * 60 * 1000)
  // The other repository's layer was never used by an image either, so by now both have let go of it.
  expect(await removeUnwanted(store, blobs)).toBe(1)
  expect((await ask("GET", "/v2/shop/app/manifests/v2")).status).toBe(200)
  expect((await ask("GET", `/v2/shop/app/blobs/${digestOf(Buffer.from("two"))}`)).text).toBe("two")
})
