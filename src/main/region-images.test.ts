import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ECR } from "@aws-sdk/client-ecr"
import { expect, onTestFinished, test } from "vitest"
import { digestOf } from "../services/ecr/blobs/digest.ts"
import type { S3Place } from "../services/ecr/blobs/s3-connection.ts"
import { testS3 } from "../services/ecr/blobs/s3-server.testing.ts"
import { MemoryDisk, memoryJournal } from "../store/journal/memory.ts"
import { silentLog } from "../world/log.ts"
import { realWorld } from "../world/real.ts"
import { dataDirectory, prepare } from "./data.ts"
import { masterKeyPlace } from "./master-key-place.ts"
import { Region } from "./region.ts"

const world = { ...realWorld(), log: silentLog }

/** One of several replicas: it shares the journal and the store of images, and has a data directory of its own. */
async function startReplica(disk: MemoryDisk, images: S3Place) {
  const folder = mkdtempSync(join(tmpdir(), "homeport-region-images-"))
  const data = dataDirectory(folder)
  prepare(data)
  const region = new Region({
    world,
    data,
    images,
    masterKey: masterKeyPlace({ data, given: Buffer.alloc(32, 7).toString("base64") }),
    addresses: ["127.0.0.1"],
    port: 0,
    dev: true,
    journal: (port) => memoryJournal(world, { disk, waits: true, address: `http://127.0.0.1:${port}` }),
  })
  onTestFinished(async () => {
    await region.close(0)
    rmSync(folder, { recursive: true })
  })
  await region.listen()
  const served = Promise.withResolvers<void>()
  region.run(served.resolve).catch(served.reject)
  await served.promise
  return { region, endpoint: `http://127.0.0.1:${region.port}` }
}

test("what was pushed to one replica is pulled from the next, which shares no disk with it", async () => {
  const s3 = await testS3()
  onTestFinished(() => s3[Symbol.asyncDispose]())
  const disk = new MemoryDisk()
  const first = await startReplica(disk, s3.place)
  const ecr = new ECR({
    endpoint: first.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "111122223333", secretAccessKey: "any" },
  })
  await ecr.createRepository({ repositoryName: "app" })
  const [token] = (await ecr.getAuthorizationToken({})).authorizationData!
  const headers = { authorization: `Basic ${token!.authorizationToken}` }

  const layer = Buffer.alloc(100_000, "layer")
  const begun = await fetch(`${first.endpoint}/v2/app/blobs/uploads/`, { method: "POST", headers })
  const location = new URL(begun.headers.get("location")!, first.endpoint)
  const send = (endpoint: string, method: string, query: string, body: Uint8Array<ArrayBuffer>) =>
    fetch(`${endpoint}${location.pathname}${query}`, { method, headers, body })
  expect((await send(first.endpoint, "PATCH", "", layer.subarray(0, 60_000))).status).toBe(202)
  await first.region.close(0)

  const second = await startReplica(disk, s3.place)
  const ended = await send(second.endpoint, "PUT", `?digest=${digestOf(layer)}`, layer.subarray(60_000))
  expect(ended.status).toBe(201)
  const pulled = await fetch(`${second.endpoint}/v2/app/blobs/${digestOf(layer)}`, { headers })
  expect(Buffer.from(await pulled.arrayBuffer()).equals(layer)).toBe(true)

  s3.meddle = () => 503
  const away = await fetch(`${second.endpoint}/v2/app/blobs/${digestOf(layer)}`, { headers })
  expect(away.status).toBe(503)
  expect(await away.text()).toContain("The object store that keeps images answers 503")
})

test("a bucket that is not there ends the start with a sentence that names it", async () => {
  await using s3 = await testS3()
  await expect(startReplica(new MemoryDisk(), { ...s3.place, bucket: "none" })).rejects.toThrow(
    `Images cannot be kept in bucket none at ${s3.place.endpoint}: 404 NoSuchBucket.`,
  )
})
