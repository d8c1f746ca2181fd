import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ECR } from "@aws-sdk/client-ecr"
import { SecretsManager } from "@aws-sdk/client-secrets-manager"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Credentials, type ServerProcess, startServer } from "../e2e/process.ts"
import { ALICE } from "../image/guard.ts"
import { anImage } from "../image/image.ts"
import { startRegistry, type TestRegistry } from "../image/registry.ts"

// The SDK and a plain client against a real process that pulls through to a real registry, which asks who is there.

let folder: string
let upstream: TestRegistry
let server: ServerProcess
let endpoint: string
let credentials: Credentials

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "homeport-pull-through-"))
  upstream = await startRegistry({ guard: "bearer" })
  server = startServer(join(folder, "data"), "--upstream-registry", upstream.host)
  endpoint = await server.ready
  credentials = await server.credentials()
})

afterAll(async () => {
  await server.kill()
  await upstream.close()
  rmSync(folder, { recursive: true })
})

function pulled(path: string): Promise<Response> {
  const { accessKeyId, secretAccessKey } = credentials
  const authorization = `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString("base64")}`
  return fetch(`${endpoint}/v2/${credentials.account}/us-east-1/near/${path}`, { headers: { authorization } })
}

test("an image of a private registry is pulled through a rule with a credential, and is there when that registry is gone", async () => {
  const image = await anImage({ busybox: false, files: { "/etc/motd": "hello" } })
  upstream.put("team/app:v1", image)
  const config = { region: "us-east-1", endpoint, credentials }
  const [ecr, secretsManager] = [new ECR(config), new SecretsManager(config)]
  const { ARN: credentialArn } = await secretsManager.createSecret({
    Name: "ecr-pullthroughcache/near",
    SecretString: JSON.stringify({ username: ALICE.username, accessToken: ALICE.password }),
  })
  const prefix = { ecrRepositoryPrefix: "near" }
  await ecr.createPullThroughCacheRule({ ...prefix, upstreamRegistryUrl: upstream.host, credentialArn })
  expect(await ecr.validatePullThroughCacheRule(prefix)).toMatchObject({ isValid: true })

  const manifest = await pulled("team/app/manifests/v1")
  expect([manifest.status, Buffer.from(await manifest.arrayBuffer())]).toEqual([200, image.manifest])
  for (const [digest, bytes] of image.blobs) {
    const blob = await pulled(`team/app/blobs/${digest}`)
    expect([blob.status, Buffer.from(await blob.arrayBuffer())]).toEqual([200, bytes])
  }
  const described = await ecr.describeImages({ repositoryName: "near/team/app", imageIds: [{ imageTag: "v1" }] })
  expect(described.imageDetails).toMatchObject([{ imageDigest: image.digest }])

  await upstream.close()
  expect((await pulled("team/app/manifests/v1")).status).toBe(200)
  for (const digest of image.blobs.keys()) expect((await pulled(`team/app/blobs/${digest}`)).status).toBe(200)
  expect((await pulled("team/other/manifests/v1")).status).toBe(503)
  expect(server.log()).not.toContain(`"${ALICE.password}"`)
})
