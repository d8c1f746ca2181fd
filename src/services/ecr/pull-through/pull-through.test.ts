import { expect, test } from "vitest"
import { digestOf } from "../blobs/digest.ts"
import { memoryBlobStore } from "../blobs/memory.ts"
import { IMAGE, startEcr } from "../testing.ts"
import { testUpstream } from "./testing.ts"

const DAY_MS = 24 * 60 * 60 * 1000

async function withRule(rule: object = {}) {
  const upstream = testUpstream(["registry.test:5000"])
  const region = await startEcr({}, memoryBlobStore(), upstream)
  await region.ecr.createPullThroughCacheRule({ ecrRepositoryPrefix: "quay", upstreamRegistryUrl: "quay.io", ...rule })
  return { ...region, upstream, ...region.registry() }
}

test("a pull of what is not here brings the manifest, makes the repository, and brings each layer when it is asked for", async () => {
  const { upstream, ask, ecr } = await withRule()
  const image = upstream.put("team/app", "v1", "of the layer")
  const layer = digestOf(Buffer.from("of the layer"))
  const manifest = await ask("GET", "/v2/quay/team/app/manifests/v1")
  expect(manifest).toMatchObject({ status: 200, headers: { "docker-content-digest": image.digest } })
  const { imageDetails } = await ecr.describeImages({ repositoryName: "quay/team/app" })
  expect(imageDetails).toMatchObject([{ imageDigest: image.digest, imageTags: ["v1"] }])
  expect(upstream.asked).not.toContain(`blob quay.io/team/app ${layer}`)
  expect(await ask("GET", `/v2/quay/team/app/blobs/${layer}`)).toMatchObject({ status: 200, text: "of the layer" })

  upstream.fail("away")
  expect((await ask("GET", "/v2/quay/team/app/manifests/v1")).status).toBe(200)
  expect((await ask("GET", `/v2/quay/team/app/blobs/${layer}`)).text).toBe("of the layer")
  expect(upstream.asked).toEqual([
    "resolve quay.io/team/app v1",
    `manifest quay.io/team/app ${image.digest}`,
    `blob quay.io/team/app ${layer}`,
  ])
})

test("a tag is looked up again after a day, and while the other registry is away what is here is good", async () => {
  const { upstream, ask, pass } = await withRule()
  const shown = async () => (await ask("GET", "/v2/quay/app/manifests/v1")).headers["docker-content-digest"]
  const old = upstream.put("app", "v1", "old")
  expect(await shown()).toBe(old.digest)
  const young = upstream.put("app", "v1", "young")
  expect(await shown()).toBe(old.digest)
  await pass(DAY_MS + 1)
  upstream.fail("away")
  expect(await shown()).toBe(old.digest)
  const askedBefore = upstream.asked.length
  expect(await shown()).toBe(old.digest)
  expect(upstream.asked.length).toBe(askedBefore)
  upstream.fail(undefined)
  await pass(6 * 60 * 1000)
  expect(await shown()).toBe(young.digest)
})

test("of an index only that image is brought that somebody asks for", async () => {
  const { upstream, ask, ecr } = await withRule()
  const [one, other] = [upstream.put("app", "one", "one"), upstream.put("app", "other", "other")]
  const index = upstream.putIndex("app", "all", [one, other])
  expect((await ask("GET", "/v2/quay/app/manifests/all")).headers["docker-content-digest"]).toBe(index.digest)
  expect((await ask("GET", `/v2/quay/app/manifests/${one.digest}`)).status).toBe(200)
  const { imageIds } = await ecr.listImages({ repositoryName: "quay/app" })
  expect(imageIds!.map(({ imageDigest }) => imageDigest).sort()).toEqual([index.digest, one.digest].sort())
  const deleted = await ecr.batchDeleteImage({ repositoryName: "quay/app", imageIds: [{ imageTag: "all" }] })
  expect(deleted.failures).toEqual([])
})

test("who asks for a layer that takes long is answered at once, and it is brought once for all who ask", async () => {
  const { upstream, ask, world } = await withRule()
  upstream.put("app", "v1", "large")
  await ask("GET", "/v2/quay/app/manifests/v1")
  const arrival = Promise.withResolvers<void>()
  upstream.hold(arrival.promise)
  const path = `/v2/quay/app/blobs/${digestOf(Buffer.from("large"))}`
  const statuses: number[] = []
  for (const asked of [ask("HEAD", path), ask("HEAD", path)]) void asked.then(({ status }) => statuses.push(status))
  const soon = async () => {
    await world.advance(2_000)
    return statuses
  }
  await expect.poll(soon, { interval: 5 }).toEqual([200, 200])
  arrival.resolve()
  expect((await ask("GET", path)).text).toBe("large")
  expect(upstream.asked.filter((asked) => asked.startsWith("blob"))).toHaveLength(1)
})

test("an image that was pushed here is not replaced by another registry's", async () => {
  const { upstream, ask, pass, registry, ecr } = await withRule()
  await ecr.createRepository({ repositoryName: "quay/app" })
  const own = await registry().pushImage("quay/app", "v1", "own")
  upstream.put("app", "v1", "theirs")
  await pass(2 * DAY_MS)
  expect((await ask("GET", "/v2/quay/app/manifests/v1")).headers["docker-content-digest"]).toBe(own.digest)
  expect(upstream.asked).toEqual([])
})

test("a layer that only somebody else has here is not given for being named by another registry's image", async () => {
  const { upstream, ask, registry, ecr, ecrAs } = await withRule()
  const secret = "what another account has pushed"
  const other = ecrAs({ account: "another" })
  await other.createRepository({ repositoryName: "mine" })
  await registry(other).pushImage("mine", "v1", secret)
  upstream.put("app", "v1", secret)
  upstream.spoil(digestOf(Buffer.from(secret)), Buffer.from("nothing of the kind"))
  await ask("GET", "/v2/quay/app/manifests/v1")
  const answer = await ask("GET", `/v2/quay/app/blobs/${digestOf(Buffer.from(secret))}`)
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.text).not.toContain(secret)
  const { layers } = await ecr.batchCheckLayerAvailability({
    repositoryName: "quay/app",
    layerDigests: [digestOf(Buffer.from(secret))],
  })
  expect(layers).toMatchObject([{ layerAvailability: "UNAVAILABLE" }])
})

test("who pulls needs the permissions to bring an image and to make its repository, which the registry's policy may give", async () => {
  const region = await withRule()
  const { upstream, ecr } = region
  const old = upstream.put("app", "v1", "one")
  const statement = { Effect: "Allow", Action: ["ecr:GetAuthorizationToken", "ecr:BatchGetImage"], Resource: "*" }
  const user = { Version: "2012-10-17", Statement: [statement] } as never
  const reader = region.registry(region.ecrAs({ user }))
  const denied = await reader.ask("GET", "/v2/quay/app/manifests/v1")
  expect(denied).toMatchObject({ status: 403, code: "DENIED" })
  expect(denied.text).toContain("is not authorized to perform: ecr:BatchImportUpstreamImage")
  const policyFor = (Action: readonly string[]) => {
    const shared = { Sid: "pull", Effect: "Allow", Principal: "*", Resource: "arn:aws:ecr:*:*:repository/quay/*" }
    return JSON.stringify({ Version: "2012-10-17", Statement: [{ ...shared, Action }] })
  }
  await ecr.putRegistryPolicy({ policyText: policyFor(["ecr:BatchImportUpstreamImage"]) })
  expect((await reader.ask("GET", "/v2/quay/app/manifests/v1")).text).toContain("ecr:CreateRepository")
  expect(upstream.asked).toEqual([])
  await ecr.putRegistryPolicy({ policyText: policyFor(["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]) })
  const shown = async () => (await reader.ask("GET", "/v2/quay/app/manifests/v1")).headers["docker-content-digest"]
  expect(await shown()).toBe(old.digest)

  await ecr.deleteRegistryPolicy({})
  await region.pass(DAY_MS + 1)
  upstream.put("app", "v1", "young")
  expect(await shown()).toBe(old.digest)
})

test("the longest prefix says which registry is asked, and what the name begins with there", async () => {
  const { upstream, ask, ecr } = await withRule()
  await ecr.createPullThroughCacheRule({
    ecrRepositoryPrefix: "quay/team",
    upstreamRegistryUrl: "registry.test:5000",
    upstreamRepositoryPrefix: "theirs",
  })
  await ecr.createPullThroughCacheRule({ ecrRepositoryPrefix: "ROOT", upstreamRegistryUrl: "public.ecr.aws" })
  for (const name of ["quay/team/app", "quay/app", "quayside/app"]) await ask("GET", `/v2/${name}/manifests/v1`)
  expect(upstream.asked).toEqual([
    "resolve registry.test:5000/theirs/app v1",
    "resolve quay.io/app v1",
    "resolve public.ecr.aws/quayside/app v1",
  ])
  await expect(ecr.describeRepositories({ repositoryNames: ["quay/app"] })).rejects.toThrow("does not exist")
})

test("a repository is made as the template for pulls says", async () => {
  const { upstream, ask, ecr } = await withRule()
  upstream.put("app", "v1", "one")
  await ecr.createRepositoryCreationTemplate({
    prefix: "quay",
    appliedFor: ["PULL_THROUGH_CACHE"],
    imageTagMutability: "IMMUTABLE",
    resourceTags: [{ Key: "team", Value: "a" }],
  })
  expect((await ask("GET", "/v2/quay/app/manifests/v1")).status).toBe(200)
  const { repositories } = await ecr.describeRepositories({ repositoryNames: ["quay/app"] })
  expect(repositories).toMatchObject([{ imageTagMutability: "IMMUTABLE" }])
})

test("what another registry has not, does not give, or cannot say is told apart", async () => {
  const { upstream, ask } = await withRule()
  const answers = []
  for (const reason of ["absent", "refused", "away"] as const) {
    upstream.fail(reason)
    answers.push((await ask("GET", "/v2/quay/app/manifests/v1")).status)
  }
  expect(answers).toEqual([404, 403, 503])
})

test("rules are shown, validated, changed and deleted, and what was brought by them stays", async () => {
  const { ecr, upstream, ask, account } = await withRule()
  const prefix = { ecrRepositoryPrefix: "quay" }
  upstream.put("app", "v1", "one")
  await ask("GET", "/v2/quay/app/manifests/v1")
  const { pullThroughCacheRules } = await ecr.describePullThroughCacheRules({})
  expect(pullThroughCacheRules).toMatchObject([
    { ...prefix, upstreamRegistryUrl: "quay.io", upstreamRegistry: "quay", upstreamRepositoryPrefix: "ROOT" },
  ])
  expect(await ecr.validatePullThroughCacheRule(prefix)).toMatchObject({ isValid: true, registryId: account })
  upstream.fail("away")
  expect(await ecr.validatePullThroughCacheRule(prefix)).toMatchObject({ isValid: false, failure: expect.any(String) })
  await expect(
    ecr.createPullThroughCacheRule({ ecrRepositoryPrefix: "quay/", upstreamRegistryUrl: "quay.io" }),
  ).rejects.toMatchObject({ name: "PullThroughCacheRuleAlreadyExistsException" })
  await ecr.deletePullThroughCacheRule(prefix)
  await expect(ecr.deletePullThroughCacheRule(prefix)).rejects.toMatchObject({
    name: "PullThroughCacheRuleNotFoundException",
  })
  expect((await ask("GET", "/v2/quay/app/manifests/v1")).headers["content-type"]).toBe(IMAGE)
})

test.each([
  ["127.0.0.1:4566", "UnsupportedUpstreamRegistryException"],
  ["169.254.169.254", "UnsupportedUpstreamRegistryException"],
  ["quay.io.evil.test", "UnsupportedUpstreamRegistryException"],
  ["a@evil.test/.azurecr.io", "UnsupportedUpstreamRegistryException"],
  ["registry-1.docker.io", "UnsupportedUpstreamRegistryException"],
  ["123456789012.dkr.ecr.us-east-1.amazonaws.com", "UnsupportedUpstreamRegistryException"],
])("no rule is made for %s", async (upstreamRegistryUrl, name) => {
  const { ecr } = await withRule()
  const made = ecr.createPullThroughCacheRule({ ecrRepositoryPrefix: "other", upstreamRegistryUrl })
  await expect(made).rejects.toMatchObject({ name })
})

test("a credential is read by ECR's own role, used for the other registry, and shown to nobody", async () => {
  const { ecr, upstream, ask, pass, secretsManager, log } = await withRule()
  const Name = "ecr-pullthroughcache/hub"
  const SecretString = JSON.stringify({ username: "ann", accessToken: "very-secret" })
  const { ARN: credentialArn } = await secretsManager.createSecret({ Name, SecretString })
  const hub = { ecrRepositoryPrefix: "hub", upstreamRegistryUrl: "registry-1.docker.io", credentialArn }
  expect(await ecr.createPullThroughCacheRule(hub)).toMatchObject({ upstreamRegistry: "docker-hub", credentialArn })
  upstream.put("library/app", "v1", "one")
  expect((await ask("GET", "/v2/hub/library/app/manifests/v1")).status).toBe(200)
  expect(upstream.login()).toEqual({ username: "ann", password: "very-secret" })
  expect(JSON.stringify(log.lines)).not.toContain("very-secret")

  await secretsManager.putSecretValue({ SecretId: Name, SecretString: "very-secret, and no JSON" })
  const update = { ecrRepositoryPrefix: "hub", credentialArn }
  const refused = await ecr.updatePullThroughCacheRule(update).catch((error: Error) => error)
  expect(refused).toMatchObject({ name: "UnableToAccessSecretException" })
  expect((refused as Error).message).not.toContain("very-secret")
  expect(await ecr.validatePullThroughCacheRule({ ecrRepositoryPrefix: "hub" })).toMatchObject({ isValid: false })
  await pass(DAY_MS + 1)
  expect((await ask("GET", "/v2/hub/library/app/manifests/v1")).status).toBe(200)
  expect((await ask("GET", "/v2/hub/library/app/manifests/v2")).status).toBe(400)
  await expect(
    ecr.updatePullThroughCacheRule({ ...update, credentialArn: credentialArn!.replace("/hub", "/bar") }),
  ).rejects.toMatchObject({ name: "SecretNotFoundException" })
})
