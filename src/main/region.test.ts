import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { IAM } from "@aws-sdk/client-iam"
import { STS } from "@aws-sdk/client-sts"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { Journal } from "../store/journal/journal.ts"
import { JournalFailure } from "../store/journal/journal.ts"
import { MemoryDisk, type MemoryJournal, memoryJournal } from "../store/journal/memory.ts"
import { silentLog } from "../world/log.ts"
import { realWorld } from "../world/real.ts"
import { firstCredentials, makeAccounts } from "./accounts.ts"
import { type DataDirectory, dataDirectory, prepare } from "./data.ts"
import { masterKeyPlace } from "./master-key-place.ts"
import { Region } from "./region.ts"

const world = { ...realWorld(), log: silentLog }
let folder: string
let regions: Region[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homeport-region-"))
  regions = []
})
afterEach(async () => {
  for (const region of regions) await region.close(0)
  rmSync(folder, { recursive: true })
})

interface Started {
  readonly region: Region
  readonly endpoint: string
  readonly data: DataDirectory
  readonly served: Promise<void>
  readonly ended: Promise<JournalFailure>
}

async function start(
  journal: (port: number) => Journal,
  { dev = false, data = dataDirectory(folder) } = {},
): Promise<Started> {
  const region = new Region({
    world,
    data,
    masterKey: masterKeyPlace({ data }),
    addresses: ["127.0.0.1"],
    port: 0,
    dev,
    journal,
  })
  regions.push(region)
  await region.listen()
  const served = Promise.withResolvers<void>()
  const ended = region.run(served.resolve)
  ended.catch(served.reject)
  served.promise.catch(() => {})
  return { region, endpoint: `http://127.0.0.1:${region.port}`, data, served: served.promise, ended }
}

const onDisk = (disk: MemoryDisk) => (port: number) =>
  memoryJournal(world, { disk, waits: true, address: `http://127.0.0.1:${port}` })

/** GetCallerIdentity without a signature, or with one that is not good. */
async function whoAmI(endpoint: string, accessKeyId = "AKIAANYTHING"): Promise<{ status: number; text: string }> {
  const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "")
  const scope = `${date.slice(0, 8)}/us-east-1/sts/aws4_request`
  const signature = {
    "x-amz-date": date,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`,
  }
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      ...signature,
    },
    body: "Action=GetCallerIdentity&Version=2011-06-15",
  })
  return { status: answer.status, text: await answer.text() }
}

test("the first start makes an account whose root key is good; the second start finds both again", async () => {
  const disk = new MemoryDisk()
  const first = await start(onDisk(disk))
  await first.served
  const credentials = firstCredentials(first.region.store, first.region.installation!)
  await first.region.close(0)

  const second = await start(onDisk(disk))
  await second.served
  expect(firstCredentials(second.region.store, second.region.installation!)).toEqual(credentials)
})

test("a request that comes before the region serves waits until it does", async () => {
  const disk = new MemoryDisk()
  const go = Promise.withResolvers<void>()
  const { endpoint, region } = await start(
    (port) => {
      const journal = onDisk(disk)(port)
      return { ...journal, lead: (apply) => go.promise.then(() => journal.lead(apply)) }
    },
    { dev: true },
  )
  const asking = whoAmI(endpoint)
  expect((await fetch(`${endpoint}/healthz`)).status).toBe(200)
  expect((await fetch(`${endpoint}/readyz`)).status).toBe(503)
  expect(region.ready).toBe(false)
  go.resolve()

  expect((await asking).status).toBe(200)
  expect((await fetch(`${endpoint}/readyz`)).status).toBe(200)
})

test("a wrong master key is refused, and so is none where there must be one", async () => {
  const disk = new MemoryDisk()
  const first = await start(onDisk(disk))
  await first.served
  await first.region.close(0)

  const without = await start(onDisk(disk), { data: dataDirectory(join(folder, "without")) })
  await expect(without.ended).rejects.toThrow("whose master key is not here")

  const elsewhere = dataDirectory(join(folder, "other"))
  prepare(elsewhere)
  const other = await start(onDisk(new MemoryDisk()), { data: elsewhere })
  await other.served
  const wrong = await start(onDisk(disk), { data: other.data })
  await expect(wrong.ended).rejects.toThrow("is not the one that belongs to the journal")
})

test("a standby forwards to the leader, refuses a wrong key at once, and takes over when the leader goes", async () => {
  const disk = new MemoryDisk()
  const leader = await start(onDisk(disk), { dev: true })
  await leader.served
  const standby = await start(onDisk(disk), { dev: true })
  expect(await whoAmI(standby.endpoint, "222233334444")).toMatchObject({ status: 200 })
  expect(standby.region.serves).toBe(false)
  expect(standby.region.ready).toBe(true)

  const wrong = await start(onDisk(disk), { data: dataDirectory(join(folder, "without")) })
  await expect(wrong.ended).rejects.toThrow("whose master key is not here")
  await wrong.region.close(0)

  await leader.region.close(0)
  await standby.served
  expect(await whoAmI(standby.endpoint, "222233334444")).toMatchObject({ status: 200 })
})

test("with --dev anybody is let in, and twelve digits name the account", async () => {
  const { endpoint, region, served } = await start(onDisk(new MemoryDisk()), { dev: true })
  await served
  const { firstAccount } = region.installation!.installation

  expect((await whoAmI(endpoint, "222233334444")).text).toContain("<Account>222233334444</Account>")
  expect((await whoAmI(endpoint, "AKIAANYTHING")).text).toContain(`<Account>${firstAccount}</Account>`)
})

test("with --dev a user and a session are who they are, and not the account's root", async () => {
  const { endpoint, region, served } = await start(onDisk(new MemoryDisk()), { dev: true })
  await served
  const { firstAccount } = region.installation!.installation
  const config = (accessKeyId: string, sessionToken?: string) => ({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey: "anything", ...(sessionToken && { sessionToken }) },
  })
  const iam = new IAM(config(firstAccount))
  await iam.createUser({ UserName: "ann" })
  const { AccessKey } = await iam.createAccessKey({ UserName: "ann" })
  const ann = new STS(config(AccessKey!.AccessKeyId!))
  const { Arn, UserId } = await ann.getCallerIdentity({})
  expect(Arn).toBe(`arn:aws:iam::${firstAccount}:user/ann`)

  const { Credentials } = await ann.getSessionToken({})
  const session = new STS(config(Credentials!.AccessKeyId!, Credentials!.SessionToken!))
  expect(await session.getCallerIdentity({})).toMatchObject({ Arn, UserId })
  for (const client of [iam, ann, session]) client.destroy()
})

test("with --dev a page from elsewhere is not let in", async () => {
  const { endpoint, served } = await start(onDisk(new MemoryDisk()), { dev: true })
  await served
  const headers = {
    origin: "https://evil.example",
    "content-type": "text/plain",
    "x-amz-target": "AmazonEC2ContainerServiceV20141113.ListClusters",
  }
  expect((await fetch(endpoint, { method: "POST", headers, body: "{}" })).status).toBe(403)
})

test("without --dev nobody is let in who has no key", async () => {
  const { endpoint, served } = await start(onDisk(new MemoryDisk()))
  await served
  expect((await whoAmI(endpoint, "222233334444")).status).toBe(403)
  expect(
    (
      await fetch(endpoint, {
        method: "POST",
        headers: { "x-amz-target": "AmazonEC2ContainerServiceV20141113.ListClusters" },
      })
    ).ok,
  ).toBe(false)
})

test("accounts are made many at a time, each with a key of its own", async () => {
  const { region, served } = await start(onDisk(new MemoryDisk()))
  await served
  const made = await makeAccounts(world, region.store, region.installation!, 2_345)

  expect(new Set(made.map(({ account }) => account)).size).toBe(2_345)
  expect(new Set(made.map(({ accessKeyId }) => accessKeyId)).size).toBe(2_345)
  for (const { account, secretAccessKey } of made) {
    expect(account).toMatch(/^[1-9]\d{11}$/)
    expect(secretAccessKey).toHaveLength(40)
  }
  await expect(makeAccounts(world, region.store, region.installation!, 0)).rejects.toThrow("between 1 and")
})

test("a region whose journal fails says so and answers nobody any more", async () => {
  const disk = new MemoryDisk()
  let journal: MemoryJournal | undefined
  const failing = Promise.withResolvers<JournalFailure>()
  const { region, endpoint, served, ended } = await start(
    (port) => {
      journal = onDisk(disk)(port)
      return { ...journal, lead: async (apply) => ({ ...(await journal!.lead(apply)), lost: failing.promise }) }
    },
    { dev: true },
  )
  await served
  failing.resolve(new JournalFailure("lease-lost", "The lease ran out."))

  expect((await ended).message).toBe("The lease ran out.")
  expect(region.serves).toBe(false)
  expect((await fetch(`${endpoint}/readyz`)).status).toBe(503)
  expect((await whoAmI(endpoint)).status).toBe(503)
})

test("paths of ours answer only who did not sign: a bucket may have the same name", async () => {
  const { endpoint, served } = await start(onDisk(new MemoryDisk()))
  await served
  expect(await (await fetch(`${endpoint}/metrics`)).text()).toContain(
    'homeport_store_records{table="accounts/accounts"} 1\n',
  )

  const signed = await fetch(`${endpoint}/metrics`, {
    headers: {
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAX/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00",
    },
  })
  expect(await signed.text()).not.toContain("homeport_store_records")
  expect(await (await fetch(`${endpoint}/metrics?list-type=2`)).text()).not.toContain("homeport_store_records")
  expect(await (await fetch(`${endpoint}/healthz/`)).text()).not.toBe("alive\n")
})
