import { ECRPUBLIC } from "@aws-sdk/client-ecr-public"
import { expect, test } from "vitest"
import { sdkHandler } from "../../aws/testing.ts"
import { digestOf } from "./blobs/digest.ts"
import { type EcrWorld, IMAGE, INDEX, startEcr } from "./testing.ts"

const HOUR_MS = 60 * 60 * 1000
const app = { repositoryName: "app1" }

async function oneRepository(): Promise<EcrWorld> {
  const region = await startEcr()
  await region.ecr.createRepository(app)
  return region
}

test("a repository is shown as it was made, at the address by which its registry is reached", async () => {
  const { ecr, account } = await startEcr()
  const { repository } = await ecr.createRepository({
    repositoryName: "shop/app",
    imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
    imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "dev-*" }],
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfiguration: { encryptionType: "KMS" },
  })
  expect(repository).toMatchObject({
    repositoryArn: `arn:aws:ecr:us-east-1:${account}:repository/shop/app`,
    repositoryUri: expect.stringMatching(new RegExp(`/${account}/us-east-1/shop/app$`)),
    imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfiguration: { encryptionType: "KMS", kmsKey: `arn:aws:kms:us-east-1:${account}:alias/aws/ecr` },
  })
  await expect(ecr.createRepository({ repositoryName: "shop/app" })).rejects.toMatchObject({
    name: "RepositoryAlreadyExistsException",
    message: `The repository with name 'shop/app' already exists in the registry with id '${account}'`,
  })
  await expect(ecr.describeRepositories({ repositoryNames: ["nowhere"] })).rejects.toMatchObject({
    name: "RepositoryNotFoundException",
    message: `The repository with name 'nowhere' does not exist in the registry with id '${account}'`,
  })
})

test("a repository with images goes only by force, and one that is made again under its name has none of them", async () => {
  const { ecr, registry } = await oneRepository()
  await registry().pushImage("app1", "v1")
  await expect(ecr.deleteRepository(app)).rejects.toThrow("cannot be deleted because it still contains images")
  await ecr.deleteRepository({ ...app, force: true })
  await ecr.createRepository(app)
  expect((await ecr.listImages(app)).imageIds).toEqual([])
})

test("images are listed and described in pages, tagged, untagged or both", async () => {
  const { ecr, registry } = await oneRepository()
  const { pushImage } = registry()
  const one = await pushImage("app1", "v1", "one")
  await pushImage("app1", "v2", "one")
  const two = await pushImage("app1", "", "two")
  const listed = async (input: object = {}) => {
    const entries: string[] = []
    let nextToken: string | undefined
    do {
      const page = await ecr.listImages({ ...app, maxResults: 1, ...input, ...(nextToken && { nextToken }) })
      entries.push(...page.imageIds!.map(({ imageDigest, imageTag }) => `${imageDigest} ${imageTag}`))
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    return entries.sort()
  }
  const tagged = [`${one.digest} v1`, `${one.digest} v2`]
  expect(await listed()).toEqual([...tagged, `${two.digest} undefined`].sort())
  expect(await listed({ filter: { tagStatus: "TAGGED" } })).toEqual(tagged)
  expect(await listed({ filter: { tagStatus: "UNTAGGED" } })).toEqual([`${two.digest} undefined`])
  const { imageDetails } = await ecr.describeImages({ ...app, imageIds: [{ imageTag: "v2" }] })
  expect(imageDetails).toMatchObject([
    { imageDigest: one.digest, imageTags: ["v1", "v2"], imageManifestMediaType: IMAGE },
  ])
  expect((await ecr.describeImages({ ...app, maxResults: 1 })).nextToken).toBeDefined()
})

test("an image is put by the API, given back as it was, and refused when it is there already", async () => {
  const { ecr, registry } = await oneRepository()
  await registry().pushImage("app1", "v1")
  const { images } = await ecr.batchGetImage({ ...app, imageIds: [{ imageTag: "v1" }, { imageTag: "v9" }, {}] })
  const imageManifest = images![0]!.imageManifest!
  await expect(ecr.putImage({ ...app, imageManifest, imageTag: "v1" })).rejects.toThrow(
    "already exists in the repository",
  )
  const { image } = await ecr.putImage({ ...app, imageManifest, imageTag: "v2" })
  expect(image!.imageId).toEqual({ imageDigest: digestOf(Buffer.from(imageManifest)), imageTag: "v2" })
  await expect(ecr.putImage({ ...app, imageManifest, imageDigest: digestOf(Buffer.from("")) })).rejects.toMatchObject({
    name: "ImageDigestDoesNotMatchException",
  })
  await expect(ecr.putImage({ ...app, imageManifest: "{" })).rejects.toMatchObject({
    name: "InvalidParameterException",
  })
})

test("of images that are deleted together each is told, and a tag that goes takes its image only if it was the last", async () => {
  const { ecr, registry } = await oneRepository()
  const { ask, pushImage } = registry()
  const one = await pushImage("app1", "v1", "one")
  await pushImage("app1", "v2", "one")
  const child = await pushImage("app1", "", "child")
  const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [child] })
  await ask("PUT", "/v2/app1/manifests/all", { headers: { "content-type": INDEX }, body: index })
  const first = await ecr.batchDeleteImage({
    ...app,
    imageIds: [{ imageTag: "v1" }, { imageDigest: child.digest }, { imageTag: "v9" }, {}],
  })
  expect(first.imageIds).toEqual([{ imageDigest: one.digest, imageTag: "v1" }])
  expect(first.failures!.map(({ failureCode }) => failureCode).sort()).toEqual([
    "ImageNotFound",
    "ImageReferencedByManifestList",
    "MissingDigestAndTag",
  ])
  const indexDigest = digestOf(Buffer.from(index))
  const rest = await ecr.batchDeleteImage({
    ...app,
    imageIds: [{ imageDigest: child.digest }, { imageDigest: indexDigest }, { imageTag: "v2" }],
  })
  expect(rest.failures).toEqual([])
  expect((await ecr.listImages(app)).imageIds).toEqual([])
})

test("a layer that is uploaded part by part is there for the API and for the registry", async () => {
  const region = await oneRepository()
  const { ecr } = region
  const bytes = Buffer.from("a layer in parts")
  const { uploadId } = await ecr.initiateLayerUpload(app)
  const part = (from: number, to: number) =>
    ecr.uploadLayerPart({
      ...app,
      uploadId,
      partFirstByte: from,
      partLastByte: to - 1,
      layerPartBlob: bytes.subarray(from, to),
    })
  await expect(ecr.completeLayerUpload({ ...app, uploadId, layerDigests: [digestOf(bytes)] })).rejects.toMatchObject({
    name: "EmptyUploadException",
  })
  expect((await part(0, 8)).lastByteReceived).toBe(7)
  await expect(part(0, 8)).rejects.toMatchObject({ name: "InvalidLayerPartException", lastValidByteReceived: 7 })
  await part(8, bytes.length)
  await ecr.completeLayerUpload({ ...app, uploadId, layerDigests: [digestOf(bytes)] })
  await expect(part(0, 1)).rejects.toMatchObject({ name: "UploadNotFoundException" })
  const { layers } = await ecr.batchCheckLayerAvailability({
    ...app,
    layerDigests: [digestOf(bytes), digestOf(Buffer.from(""))],
  })
  expect(layers!.map(({ layerAvailability }) => layerAvailability)).toEqual(["AVAILABLE", "UNAVAILABLE"])
  const { downloadUrl } = await ecr.getDownloadUrlForLayer({ ...app, layerDigest: digestOf(bytes) })
  const path = new URL(downloadUrl!).pathname
  const { ask } = region.registry()
  expect((await ask("GET", path, { anonymous: true })).text).toBe("a layer in parts")
  expect((await ask("GET", `${path.slice(0, -1)}x`, { anonymous: true })).status).toBe(403)
  await region.pass(2 * HOUR_MS)
  expect((await ask("GET", path, { anonymous: true })).status).toBe(403)
})

test("a token is good for twelve hours, and for nothing that its owner may not do", async () => {
  const region = await oneRepository()
  const { ecr, account } = region
  const { authorizationData } = await ecr.getAuthorizationToken({})
  const [{ authorizationToken, expiresAt }] = authorizationData as [{ authorizationToken: string; expiresAt: Date }]
  expect(expiresAt.getTime()).toBe(
    Math.floor((region.world.now() + 12 * HOUR_MS) / 1000) * 1000 + (expiresAt.getTime() % 1000),
  )
  const { ask } = region.registry()
  const shown = (token: string) => ask("GET", "/v2/", { anonymous: true, headers: { authorization: `Basic ${token}` } })
  expect((await shown(authorizationToken)).status).toBe(200)
  const [name, secret] = Buffer.from(authorizationToken, "base64").toString().split(":")
  for (let at = 0; at < secret!.length; at += 7) {
    const changed = `${secret!.slice(0, at)}${secret![at] === "A" ? "B" : "A"}${secret!.slice(at + 1)}`
    expect((await shown(Buffer.from(`${name}:${changed}`).toString("base64"))).status).toBe(401)
  }
  const reads = { Effect: "Allow", Action: ["ecr:GetAuthorizationToken", "ecr:BatchGetImage"], Resource: "*" }
  const reader = region.registry(region.ecrAs({ user: { Version: "2012-10-17", Statement: [reads] } as never }))
  expect(await reader.ask("GET", "/v2/app1/manifests/v1")).toMatchObject({ status: 404, code: "MANIFEST_UNKNOWN" })
  const denied = await reader.ask("POST", "/v2/app1/blobs/uploads/")
  expect(denied).toMatchObject({ status: 403, code: "DENIED" })
  expect(denied.text).toContain(
    `is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:us-east-1:${account}:repository/app1`,
  )
  await region.pass(13 * HOUR_MS)
  const late = await shown(authorizationToken)
  expect(late).toMatchObject({ status: 403, code: "DENIED" })
  expect(late.text).toContain("Your authorization token has expired. Reauthenticate and try again.")
})

test("who shows nothing is asked as AWS asks, or sent for a token where private and public are at one address", async () => {
  const { registry, account, credentials } = await oneRepository()
  const host = `${account}.dkr.ecr.us-east-1.amazonaws.com`
  const plain = await registry(undefined, host).ask("GET", "/v2/", { anonymous: true })
  expect(plain.status).toBe(401)
  expect(plain.headers["www-authenticate"]).toBe(`Basic realm="http://${host}/",service="ecr.amazonaws.com"`)
  const { ask } = registry()
  const sent = await ask("GET", "/v2/", { anonymous: true })
  expect(sent.headers["www-authenticate"]).toBe(
    'Bearer realm="http://homeport.test/v2/token",service="ecr.amazonaws.com"',
  )
  const { accessKeyId, secretAccessKey } = credentials
  const key = Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString("base64")
  const given = await ask("GET", "/v2/token?service=x", { anonymous: true, headers: { authorization: `Basic ${key}` } })
  const { token } = given.json() as { token: string }
  const bearer = { anonymous: true, headers: { authorization: `Bearer ${token}` } }
  expect((await ask("GET", "/v2/app1/tags/list", bearer)).json()).toEqual({ name: "app1", tags: [] })
  const wrong = Buffer.from(`${accessKeyId}:wrong`).toString("base64")
  expect((await ask("GET", "/v2/", { anonymous: true, headers: { authorization: `Basic ${wrong}` } })).status).toBe(401)
})

test("another account may what the repository's policy says, and nothing else", async () => {
  const region = await oneRepository()
  const { ecr, account, registry } = region
  const image = await registry().pushImage("app1", "v1")
  const stranger = region.as({ account: "another" })
  const other = region.ecrAs({ account: stranger.account as never })
  const path = `/v2/${account}/us-east-1/app1/manifests/v1`
  expect((await registry(other).ask("GET", path)).status).toBe(403)
  await expect(other.describeImages({ ...app, registryId: account })).rejects.toMatchObject({
    name: "AccessDeniedException",
  })
  const statement = {
    Sid: "read",
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${stranger.account}:root` },
    Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
  }
  const policyText = JSON.stringify({ Version: "2012-10-17", Statement: [statement] })
  await ecr.setRepositoryPolicy({ ...app, policyText })
  expect((await ecr.getRepositoryPolicy(app)).policyText).toBe(policyText)
  expect((await registry(other).ask("GET", path)).headers["docker-content-digest"]).toBe(image.digest)
  expect((await registry(other).ask("DELETE", path)).status).toBe(403)
  await expect(ecr.setRepositoryPolicy({ ...app, policyText: "{}" })).rejects.toThrow(
    "Invalid repository policy provided",
  )
})

test("a lifecycle policy is shown beforehand, and then carried out", async () => {
  const region = await oneRepository()
  const { ecr, registry } = region
  for (const tag of ["v1", "v2", "v3"]) {
    await registry().pushImage("app1", tag)
    await region.pass(1_000)
  }
  const selection = { tagStatus: "tagged", tagPrefixList: ["v"], countType: "imageCountMoreThan", countNumber: 2 }
  const rules = [{ rulePriority: 1, selection, action: { type: "expire" } }]
  const lifecyclePolicyText = JSON.stringify({ rules })
  await ecr.startLifecyclePolicyPreview({ ...app, lifecyclePolicyText })
  expect(await ecr.getLifecyclePolicyPreview(app)).toMatchObject({
    status: "COMPLETE",
    previewResults: [{ imageTags: ["v1"], action: { type: "EXPIRE" }, appliedRulePriority: 1 }],
    summary: { expiringImageTotalCount: 1 },
  })
  await ecr.putLifecyclePolicy({ ...app, lifecyclePolicyText })
  // What was just pushed may be a part of something that is still being pushed.
  await region.pass(HOUR_MS)
  const { imageIds } = await ecr.listImages(app)
  expect(imageIds!.map(({ imageTag }) => imageTag).sort()).toEqual(["v2", "v3"])
  expect((await ecr.getLifecyclePolicy(app)).lastEvaluatedAt!.getTime()).toBeGreaterThan(0)
})

test("policies are read back as they were written, and once deleted they are not found", async () => {
  const { ecr } = await oneRepository()
  const selection = { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 14 }
  const lifecyclePolicyText = JSON.stringify({ rules: [{ rulePriority: 1, selection, action: { type: "expire" } }] })
  const statement = { Sid: "all", Effect: "Allow", Principal: "*", Action: "ecr:BatchGetImage" }
  const policyText = JSON.stringify({ Version: "2008-10-17", Statement: [statement] }, undefined, 2)
  await ecr.putLifecyclePolicy({ ...app, lifecyclePolicyText })
  await ecr.setRepositoryPolicy({ ...app, policyText })
  expect(await ecr.getLifecyclePolicy(app)).toMatchObject({ repositoryName: "app1", lifecyclePolicyText })
  expect(await ecr.getRepositoryPolicy(app)).toMatchObject({ repositoryName: "app1", policyText })
  await ecr.deleteLifecyclePolicy(app)
  await ecr.deleteRepositoryPolicy(app)
  for (const gone of [() => ecr.getLifecyclePolicy(app), () => ecr.deleteLifecyclePolicy(app)]) {
    await expect(gone()).rejects.toMatchObject({ name: "LifecyclePolicyNotFoundException" })
  }
  for (const gone of [() => ecr.getRepositoryPolicy(app), () => ecr.deleteRepositoryPolicy(app)]) {
    await expect(gone()).rejects.toMatchObject({ name: "RepositoryPolicyNotFoundException" })
  }
  await ecr.deleteRepository(app)
  await expect(ecr.getLifecyclePolicy(app)).rejects.toMatchObject({ name: "RepositoryNotFoundException" })
})

test("a push makes the repository that a template is for, as the template says, and no other", async () => {
  const { ecr, registry } = await startEcr()
  const { pushImage } = registry()
  const made = { appliedFor: ["CREATE_ON_PUSH" as const], imageTagMutability: "IMMUTABLE" as const }
  await ecr.createRepositoryCreationTemplate({ prefix: "team", ...made, resourceTags: [{ Key: "team", Value: "a" }] })
  await pushImage("team/app", "v1")
  const { repositories } = await ecr.describeRepositories({})
  expect(repositories).toMatchObject([{ repositoryName: "team/app", imageTagMutability: "IMMUTABLE" }])
  const { tags } = await ecr.listTagsForResource({ resourceArn: repositories![0]!.repositoryArn! })
  expect(tags).toEqual([{ Key: "team", Value: "a" }])
  await expect(pushImage("other/app", "v1")).rejects.toThrow("NAME_UNKNOWN")
})

test("what is pushed is replicated to other regions, and to accounts whose registry takes it", async () => {
  const region = await startEcr()
  const { ecr, account, registry } = region
  const stranger = region.as({ account: "another" })
  const other = region.ecrAs({ account: stranger.account as never })
  await ecr.createRepository({ repositoryName: "prod/app" })
  await ecr.createRepository({ repositoryName: "dev/app" })
  const destinations = [
    { region: "eu-west-1", registryId: account },
    { region: "us-east-1", registryId: stranger.account },
  ]
  const rules = [{ destinations, repositoryFilters: [{ filter: "prod", filterType: "PREFIX_MATCH" as const }] }]
  await ecr.putReplicationConfiguration({ replicationConfiguration: { rules } })
  const image = await registry().pushImage("prod/app", "v1")
  await registry().pushImage("dev/app", "v1")
  await region.pass(5_000)
  const there = region.ecrAs({ region: "eu-west-1" })
  expect((await there.describeRepositories({})).repositories!.map(({ repositoryName }) => repositoryName)).toEqual([
    "prod/app",
  ])
  const got = await registry(there).ask("GET", `/v2/${account}/eu-west-1/prod/app/manifests/v1`)
  expect(got.headers["docker-content-digest"]).toBe(image.digest)
  expect((await other.describeRepositories({})).repositories).toEqual([])
  const imageId = { imageTag: "v1" }
  const { replicationStatuses } = await ecr.describeImageReplicationStatus({ repositoryName: "prod/app", imageId })
  expect(replicationStatuses!.map(({ status }) => status)).toEqual(["COMPLETE", "IN_PROGRESS"])

  const takes = {
    Sid: "a",
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: ["ecr:ReplicateImage", "ecr:CreateRepository"],
    Resource: "*",
  }
  const take = (statement: object) =>
    other.putRegistryPolicy({ policyText: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) })
  const repository = `arn:aws:ecr:us-east-1:${stranger.account}:repository`
  const narrower = [
    { ...takes, Action: "ecr:ReplicateImage" },
    { ...takes, Resource: `${repository}/dev/*` },
    { ...takes, Condition: { StringEquals: { "aws:SourceVpc": "vpc-1" } } },
  ]
  for (const [index, statement] of narrower.entries()) {
    await take(statement)
    await registry().pushImage("prod/app", `no${index}`)
    await region.pass(5_000)
    expect((await other.describeRepositories({})).repositories).toEqual([])
  }
  await take({ ...takes, Resource: `${repository}/prod/*` })
  await registry().pushImage("prod/app", "v2")
  await region.pass(5_000)
  expect((await other.listImages({ repositoryName: "prod/app" })).imageIds).toMatchObject([{ imageTag: "v2" }])
})

test("a public repository is read by everyone and written by its owner", async () => {
  const region = await startEcr()
  const { account, credentials, door, world, registry } = region
  const open = new ECRPUBLIC({
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
    requestHandler: sdkHandler(door, world) as never,
    systemClockOffset: world.now() - Date.now(),
  })
  const { repository } = await open.createRepository({ repositoryName: "tools", catalogData: { description: "d" } })
  expect(repository!.repositoryArn).toBe(`arn:aws:ecr-public::${account}:repository/tools`)
  const at = `public/${account}/tools`
  expect(repository!.repositoryUri).toContain(`/${at}`)
  const image = await registry().pushImage(at, "v1")
  const { ask } = registry()
  const given = (await ask("GET", "/v2/token", { anonymous: true })).json() as { token: string }
  for (const headers of [{}, { authorization: `Bearer ${given.token}` }]) {
    const got = await ask("GET", `/v2/${at}/manifests/v1`, { anonymous: true, headers })
    expect(got.headers["docker-content-digest"]).toBe(image.digest)
    expect((await ask("POST", `/v2/${at}/blobs/uploads/`, { anonymous: true, headers })).status).toBe(401)
  }
  expect((await open.describeImageTags({ repositoryName: "tools" })).imageTagDetails).toMatchObject([
    { imageTag: "v1" },
  ])
  expect((await region.ecr.describeRepositories({})).repositories).toEqual([])
})
