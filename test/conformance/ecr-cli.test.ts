import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { digestOf } from "../../src/services/ecr/blobs/digest.ts"
import { type Credentials, type ServerProcess, startServer } from "../e2e/process.ts"
import { aws, type Caller } from "./aws-cli.ts"

// The AWS CLI against a real process, over HTTP, signed. Starting takes the CLI most of a second, so calls are few.

let folder: string
let server: ServerProcess
let caller: Caller
let credentials: Credentials

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "homeport-ecr-cli-"))
  server = startServer(join(folder, "data"))
  const endpoint = await server.ready
  credentials = await server.credentials()
  caller = { ...credentials, endpoint, home: folder }
})

afterAll(async () => {
  await server.kill()
  rmSync(folder, { recursive: true })
})

async function answered(words: string, ...more: readonly string[]): Promise<unknown> {
  const { code, output, complaint } = await aws(caller, words, ...more)
  expect({ words, code, complaint }).toEqual({ words, code: 0, complaint: "" })
  return output
}

const app = "--repository-name shop/app"

test("a repository is made, shown, changed, tagged and given policies", async () => {
  const arn = `arn:aws:ecr:us-east-1:${credentials.account}:repository/shop/app`
  const made = await answered(`ecr create-repository ${app} --image-scanning-configuration scanOnPush=true`)
  expect(made).toMatchObject({ repository: { repositoryArn: arn, imageScanningConfiguration: { scanOnPush: true } } })
  expect(await answered("ecr describe-repositories --repository-names shop/app")).toMatchObject({
    repositories: [{ repositoryUri: expect.stringMatching(/\/us-east-1\/shop\/app$/), createdAt: expect.any(String) }],
  })
  await answered(`ecr put-image-tag-mutability ${app} --image-tag-mutability IMMUTABLE`)
  await answered(`ecr tag-resource --resource-arn ${arn} --tags Key=team,Value=a`)
  expect(await answered(`ecr list-tags-for-resource --resource-arn ${arn}`)).toEqual({
    tags: [{ Key: "team", Value: "a" }],
  })
  const statement = { Sid: "pull", Effect: "Allow", Principal: "*", Action: "ecr:BatchGetImage" }
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] })
  await answered(`ecr set-repository-policy ${app} --policy-text`, policy)
  expect(await answered(`ecr get-repository-policy ${app}`)).toMatchObject({ policyText: policy })
  const selection = { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 14 }
  const lifecycle = JSON.stringify({ rules: [{ rulePriority: 1, selection, action: { type: "expire" } }] })
  await answered(`ecr put-lifecycle-policy ${app} --lifecycle-policy-text`, lifecycle)
  expect(await answered(`ecr get-lifecycle-policy ${app}`)).toMatchObject({ lifecyclePolicyText: lifecycle })
  await answered(`ecr start-lifecycle-policy-preview ${app}`)
  expect(await answered(`ecr get-lifecycle-policy-preview ${app}`)).toMatchObject({
    status: "COMPLETE",
    summary: { expiringImageTotalCount: 0 },
  })
  const { complaint } = await aws(caller, `ecr create-repository ${app}`)
  expect(complaint).toBe(
    `An error occurred (RepositoryAlreadyExistsException) when calling the CreateRepository operation: The repository with name 'shop/app' already exists in the registry with id '${credentials.account}'`,
  )
})

test("a layer and an image are pushed by the API, listed, described, got and deleted", async () => {
  const layer = Buffer.from("what the layer holds")
  const file = join(folder, "layer")
  writeFileSync(file, layer)
  const { uploadId } = (await answered(`ecr initiate-layer-upload ${app}`)) as { uploadId: string }
  const part = `--part-first-byte 0 --part-last-byte ${layer.length - 1} --layer-part-blob fileb://${file}`
  await answered(`ecr upload-layer-part ${app} --upload-id ${uploadId} ${part}`)
  await answered(`ecr complete-layer-upload ${app} --upload-id ${uploadId} --layer-digests ${digestOf(layer)}`)
  const descriptor = { mediaType: "application/octet-stream", digest: digestOf(layer), size: layer.length }
  const mediaType = "application/vnd.oci.image.manifest.v1+json"
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [] })
  await answered(`ecr put-image ${app} --image-tag v1 --image-manifest`, manifest)
  const imageDigest = digestOf(Buffer.from(manifest))
  expect(await answered(`ecr list-images ${app}`)).toEqual({ imageIds: [{ imageDigest, imageTag: "v1" }] })
  expect(await answered(`ecr describe-images ${app}`)).toMatchObject({ imageDetails: [{ imageDigest }] })
  expect(await answered(`ecr batch-get-image ${app} --image-ids imageTag=v1`)).toMatchObject({
    images: [{ imageManifest: manifest }],
    failures: [],
  })
  const { downloadUrl } = (await answered(
    `ecr get-download-url-for-layer ${app} --layer-digest ${digestOf(layer)}`,
  )) as { downloadUrl: string }
  expect(Buffer.from(await (await fetch(downloadUrl)).arrayBuffer())).toEqual(layer)
  expect(await answered(`ecr batch-delete-image ${app} --image-ids imageTag=v1`)).toMatchObject({
    imageIds: [{ imageDigest, imageTag: "v1" }],
  })
  await answered(`ecr delete-repository ${app} --force`)
})

test("the registry's own settings, passwords, and public repositories", async () => {
  const { account } = credentials
  const rules = [{ destinations: [{ region: "eu-west-1", registryId: account }] }]
  await answered("ecr put-replication-configuration --replication-configuration", JSON.stringify({ rules }))
  expect(await answered("ecr describe-registry")).toMatchObject({
    registryId: account,
    replicationConfiguration: { rules },
  })
  expect((await aws(caller, "ecr get-login-password")).printed).toMatch(/^[\w-]{100,}\n$/)
  expect(await answered("ecr-public create-repository --repository-name tools")).toMatchObject({
    repository: { repositoryUri: expect.stringMatching(new RegExp(`/public/${account}/tools$`)) },
  })
  expect((await aws(caller, "ecr-public get-login-password")).printed).toMatch(/^[\w-]{100,}\n$/)
  expect(server.log()).not.toContain('"level":"error"')
})
