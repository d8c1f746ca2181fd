import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { type IncomingHttpHeaders, request } from "node:http"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Duplex } from "node:stream"
import { afterEach, expect, test } from "vitest"
import type { HttpRequest } from "../aws/http.ts"
import { silentLog } from "../world/log.ts"
import { realWorld } from "../world/real.ts"
import { CertificateAuthority } from "./ca.ts"
import { Forwarder } from "./forward.ts"
import type { Handle } from "./http-exchange.ts"
import { type Certificate, HttpServer } from "./http-server.ts"

const world = { ...realWorld(), log: silentLog }
const open: { close(graceMs: number): unknown }[] = []

afterEach(async () => {
  for (const each of open.splice(0)) await each.close(0)
})

/** A process that leads: it answers by itself. */
async function leader(
  handle: Handle,
  options: { tls?: Certificate; takeUpgrade?: (socket: Duplex, head: Buffer) => void } = {},
): Promise<HttpServer> {
  const { tls, takeUpgrade } = options
  const server = new HttpServer({
    world,
    addresses: ["127.0.0.1"],
    port: 0,
    take: (exchange) => exchange.answer(handle),
    ...(tls === undefined ? {} : { tls }),
    async takeUpgrade(_, socket, head) {
      takeUpgrade?.(socket, head)
      return takeUpgrade !== undefined
    },
  })
  await server.listen()
  open.push(server)
  return server
}

/** A process that follows: it forwards, until `serves` says otherwise. */
async function standby(
  leaderAddress: () => string | undefined,
  options: { ca?: string[]; serves?: () => boolean; waitMs?: number; keptMax?: number } = {},
) {
  const { ca, serves = () => false, waitMs = 3_000, keptMax = 100 } = options
  const forwarder = new Forwarder({
    world,
    leaderAddress,
    servesHere: serves,
    waitMs,
    keptMax,
    ...(ca === undefined ? {} : { ca }),
  })
  const server = new HttpServer({
    world,
    addresses: ["127.0.0.1"],
    port: 0,
    async take(exchange) {
      if (await forwarder.take(exchange)) return
      await exchange.send({ status: 200, headers: {}, body: "answered here" })
    },
    takeUpgrade: (incoming, socket, head) => forwarder.takeUpgrade(incoming, socket, head),
  })
  await server.listen()
  open.push(server, forwarder)
  return Object.assign(server, { forwarder })
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function ask(
  server: HttpServer,
  { method = "POST", path = "/", headers = {}, body = "" as string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port: server.port, method, path, headers, agent: false })
    asking.on("error", reject)
    asking.on("response", (incoming) => {
      let text = ""
      incoming.setEncoding("utf8").on("data", (part) => (text += part))
      incoming.on("error", reject)
      incoming.on("end", () => resolve({ status: incoming.statusCode!, headers: incoming.headers, body: text }))
    })
    asking.end(body)
  })
}

const at = ({ port }: HttpServer) => `http://127.0.0.1:${port}`

test("a request reaches the leader as it came, with the Host that was signed, and its answer comes back as it is", async () => {
  let seen: HttpRequest | undefined
  const leads = await leader(async (incoming) => {
    seen = incoming
    return {
      status: 418,
      headers: { "x-amzn-requestid": "r1" },
      body: `got ${Buffer.from(incoming.body as Uint8Array)}`,
    }
  })
  const follows = await standby(() => at(leads))
  const answer = await ask(follows, {
    path: "/a%2Fb?x=%41",
    headers: { host: "ecs.example:4566", "X-Amz-Target": "T", "content-length": "5" },
    body: "hello",
  })

  expect(answer).toMatchObject({
    status: 418,
    headers: { "x-amzn-requestid": "r1", "content-length": "9" },
    body: "got hello",
  })
  expect(seen).toMatchObject({ method: "POST", path: "/a%2Fb", query: "x=%41" })
  expect(seen!.headers).toMatchObject({ host: "ecs.example:4566", "x-amz-target": "T", "content-length": "5" })
})

test("bodies of any length stream through, both ways", async () => {
  const leads = await leader(async ({ body }) => ({
    status: 200,
    headers: {},
    body: body as AsyncIterable<Uint8Array>,
  }))
  const follows = await standby(() => at(leads))
  const asking = request({
    host: "127.0.0.1",
    port: follows.port,
    method: "PUT",
    headers: { "transfer-encoding": "chunked" },
  })
  asking.write("one ")
  const [incoming] = await once(asking, "response")
  incoming.setEncoding("utf8")
  expect((await once(incoming, "data"))[0]).toBe("one ")
  asking.write("two ")
  expect((await once(incoming, "data"))[0]).toBe("two ")
  asking.end()
  await once(incoming, "end")

  const large = "x".repeat(5_000_000)
  const answer = await ask(follows, { method: "PUT", headers: { "content-length": String(large.length) }, body: large })
  expect(answer.body.length).toBe(large.length)
})

test("a caller that asks before sending its body is let on", async () => {
  const leads = await leader(async ({ headers, body }) => ({
    status: 200,
    headers: {},
    body: `${headers.expect} ${Buffer.from(body as Uint8Array)}`,
  }))
  const follows = await standby(() => at(leads))
  const asking = request({
    host: "127.0.0.1",
    port: follows.port,
    method: "PUT",
    headers: { expect: "100-continue", "content-length": "5" },
  })
  asking.flushHeaders()
  await once(asking, "continue")
  asking.end("hello")
  const [incoming] = await once(asking, "response")

  expect((await incoming.setEncoding("utf8").toArray()).join("")).toBe("undefined hello")
})

test("HEAD and answers without content come back as they are", async () => {
  const leads = await leader(async ({ method }) =>
    method === "HEAD"
      ? { status: 200, headers: { "content-length": "1234" }, body: "" }
      : { status: 204, headers: {}, body: "" },
  )
  const follows = await standby(() => at(leads))

  expect(await ask(follows, { method: "HEAD" })).toMatchObject({
    status: 200,
    headers: { "content-length": "1234" },
    body: "",
  })
  expect(await ask(follows, { method: "DELETE" })).toMatchObject({ status: 204, body: "" })
})

test("an answer that breaks off at the leader breaks off here as well", async () => {
  const leads = await leader(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      yield Buffer.from("half")
      throw new Error("the leader died")
    })(),
  }))
  const follows = await standby(() => at(leads))
  await expect(ask(follows)).rejects.toMatchObject({ code: "ECONNRESET" })
})

test("the leader hears when the caller goes away", async () => {
  const gone = Promise.withResolvers<void>()
  const leads = await leader(async ({ signal }) => {
    signal.addEventListener("abort", () => gone.resolve())
    await gone.promise
    return { status: 200, headers: {}, body: "" }
  })
  const follows = await standby(() => at(leads))
  const asking = request({ host: "127.0.0.1", port: follows.port, method: "POST" })
  asking.on("error", () => {})
  asking.end()
  while (leads.inFlight === 0) await new Promise((resolve) => setImmediate(resolve))
  asking.destroy()
  await gone.promise
})

test("another protocol passes byte for byte, both ways", async () => {
  const leads = await leader(async () => ({ status: 404, headers: {}, body: "" }), {
    takeUpgrade(socket, head) {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
      // What comes right behind the request is the other protocol's already.
      socket.unshift(head)
      socket.on("data", (part) => socket.write(`echo ${part}`))
    },
  })
  const follows = await standby(() => at(leads))
  const wire = connect(follows.port, "127.0.0.1").setEncoding("latin1")
  let received = ""
  wire.on("data", (part) => (received += part))
  wire.write(
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\nearly",
  )
  while (!received.includes("early")) await once(wire, "data")
  wire.write("late")
  while (!received.includes("echo late")) await once(wire, "data")

  expect(received).toMatch(/^HTTP\/1.1 101 Switching Protocols/)
  wire.destroy()
})

test("an upgrade that the leader refuses gets the leader's answer", async () => {
  const leads = await leader(async () => ({ status: 403, headers: {}, body: "no" }))
  const follows = await standby(() => at(leads))
  const wire = connect(follows.port, "127.0.0.1").setEncoding("latin1")
  let received = ""
  wire.on("data", (part) => (received += part))
  wire.write("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
  await once(wire, "close")

  expect(received).toMatch(/^HTTP\/1.1 403[\s\S]*no$/)
})

/** A caller that asks for another protocol, and what it has heard. */
function upgrading({ port }: HttpServer) {
  const socket = connect(port, "127.0.0.1").setEncoding("latin1")
  const heard = { socket, text: "", closed: once(socket, "close") }
  socket.on("data", (part) => {
    heard.text += part
  })
  socket.on("error", () => {})
  socket.write("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
  return heard
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

const GRANTED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

test.each(["end", "destroy"] as const)(
  "a caller that left while nobody led (%s) is not put through to the leader that comes",
  async (leave) => {
    let taken = 0
    const leads = await leader(async () => ({ status: 404, headers: {}, body: "" }), {
      takeUpgrade() {
        taken += 1
      },
    })
    let address: string | undefined
    const follows = await standby(() => address)
    const { socket } = upgrading(follows)
    await until(() => follows.inFlight === 1)
    socket[leave]()
    await until(() => follows.inFlight === 0)
    address = at(leads)
    // Who comes later tells when the first one's turn would have been.
    const stayed = upgrading(follows)
    await until(() => taken > 0)

    expect(taken).toBe(1)
    expect(follows.forwarder.inFlight).toBe(1)
    stayed.socket.destroy()
    await until(() => follows.forwarder.inFlight === 0)
  },
)

test("an upgrade whose leader has lost the lead and does not answer is ended", async () => {
  const frozen = await leader(async () => ({ status: 404, headers: {}, body: "" }), { takeUpgrade() {} })
  let address: string | undefined = at(frozen)
  const follows = await standby(() => address)
  const caller = upgrading(follows)
  await until(() => frozen.inFlight === 1)
  expect(follows.forwarder.inFlight).toBe(1)
  address = undefined
  await caller.closed

  expect(follows.forwarder.inFlight).toBe(0)
})

test("an upgrade ends on both sides when either goes", async () => {
  let theirs: Duplex | undefined
  const leads = await leader(async () => ({ status: 404, headers: {}, body: "" }), {
    takeUpgrade(socket) {
      theirs = socket.resume()
      socket.write(GRANTED)
      socket.once("end", () => socket.destroy())
    },
  })
  const follows = await standby(() => at(leads))
  const first = upgrading(follows)
  await until(() => first.text === GRANTED)
  theirs!.destroy()
  await first.closed
  await until(() => follows.inFlight === 0 && follows.forwarder.inFlight === 0)

  const second = upgrading(follows)
  await until(() => second.text === GRANTED)
  second.socket.destroy()
  await until(() => leads.inFlight === 0 && follows.inFlight === 0)
  expect(follows.forwarder.inFlight).toBe(0)
})

test("beyond the bound on kept connections an upgrade is told to come again, and requests go on", async () => {
  const leads = await leader(async () => ({ status: 200, headers: {}, body: "" }), {
    takeUpgrade: (socket) => void socket.write(GRANTED),
  })
  const follows = await standby(() => at(leads), { keptMax: 1 })
  const first = upgrading(follows)
  await until(() => first.text === GRANTED)
  const second = upgrading(follows)
  await second.closed

  expect(second.text).toMatch(/^HTTP\/1.1 503 [\s\S]*Retry-After/)
  expect((await ask(follows)).status).toBe(200)
  first.socket.destroy()
})

test("an upgrade whose leader takes no connections is told to come again", async () => {
  const gone = await leader(async () => ({ status: 200, headers: {}, body: "" }))
  await gone.close(0)
  const follows = await standby(() => at(gone))
  const caller = upgrading(follows)
  await caller.closed

  expect(caller.text).toMatch(/^HTTP\/1.1 503 [\s\S]*Retry-After/)
})

test("what was forwarded once is never forwarded again", async () => {
  const addresses: string[] = []
  const one = await standby(() => addresses[1])
  const two = await standby(() => addresses[0])
  addresses.push(at(one), at(two))

  expect(await ask(one)).toMatchObject({ status: 503, headers: { "retry-after": "1" }, body: "" })
})

test("a process that names itself as the leader does not go round in circles", async () => {
  let own: string | undefined
  const one = await standby(() => own)
  own = at(one)

  expect((await ask(one)).status).toBe(503)
})

test("when nobody leads, a request waits for somebody to take over", async () => {
  let address: string | undefined
  const leads = await leader(async () => ({ status: 200, headers: {}, body: "the new leader" }))
  const follows = await standby(() => address)
  const asking = ask(follows, { body: "x", headers: { "content-length": "1" } })
  while (follows.inFlight === 0) await new Promise((resolve) => setImmediate(resolve))
  address = at(leads)

  expect(await asking).toMatchObject({ status: 200, body: "the new leader" })
})

test("when this process takes over while a request waits, it answers itself", async () => {
  let serves = false
  const follows = await standby(() => undefined, { serves: () => serves })
  const asking = ask(follows)
  while (follows.inFlight === 0) await new Promise((resolve) => setImmediate(resolve))
  serves = true

  expect(await asking).toMatchObject({ status: 200, body: "answered here" })
})

test("a leader that refuses connections is asked again under its new address, and nothing of the body is lost", async () => {
  const gone = await leader(async () => ({ status: 200, headers: {}, body: "" }))
  let address = at(gone)
  await gone.close(0)
  const leads = await leader(async ({ body }) => ({ status: 200, headers: {}, body: Buffer.from(body as Uint8Array) }))
  const follows = await standby(() => address)
  const asking = ask(follows, { body: "precious", headers: { "content-length": "8" } })
  while (follows.inFlight === 0) await new Promise((resolve) => setImmediate(resolve))
  address = at(leads)

  expect(await asking).toMatchObject({ status: 200, body: "precious" })
})

test("a request whose leader has lost the lead and does not answer is given up, for the caller to try again", async () => {
  const never = Promise.withResolvers<never>()
  const frozen = await leader(() => never.promise)
  let address: string | undefined = at(frozen)
  const follows = await standby(() => address)
  const asking = ask(follows)
  while (frozen.inFlight === 0) await new Promise((resolve) => setImmediate(resolve))
  address = undefined

  expect((await asking).status).toBe(503)
})

test("a caller is told to try again when nobody leads for too long", async () => {
  const follows = await standby(() => undefined, { waitMs: 100 })
  expect(await ask(follows)).toMatchObject({ status: 503, headers: { "retry-after": "1" } })
})

test("a leader over TLS has to prove its address by Homeport's own authority, whatever Host was signed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "homeport-forward-"))
  const authority = new CertificateAuthority(join(folder, "ours"))
  const stranger = new CertificateAuthority(join(folder, "theirs"))
  const { ca, ...tls } = await authority.issue(["127.0.0.1"], Date.now())
  const { ca: otherCa } = await stranger.issue(["127.0.0.1"], Date.now())
  const { ca: _, ...forAnotherAddress } = await new CertificateAuthority(join(folder, "ours")).issue(
    ["10.9.8.7"],
    Date.now(),
  )
  rmSync(folder, { recursive: true })

  const secured = await leader(async ({ headers }) => ({ status: 200, headers: {}, body: `host ${headers.host}` }), {
    tls,
  })
  const address = `https://127.0.0.1:${secured.port}`
  const trusting = await standby(() => address, { ca: [ca] })
  expect(await ask(trusting, { headers: { host: "ecs.example" } })).toMatchObject({
    status: 200,
    body: "host ecs.example",
  })

  const mistrusting = await standby(() => address, { ca: [otherCa], waitMs: 100 })
  expect((await ask(mistrusting)).status).toBe(503)

  const elsewhere = await leader(async () => ({ status: 200, headers: {}, body: "" }), { tls: forAnotherAddress })
  const careful = await standby(() => `https://127.0.0.1:${elsewhere.port}`, { ca: [ca], waitMs: 100 })
  expect((await ask(careful, { headers: { host: "10.9.8.7" } })).status).toBe(503)
})
