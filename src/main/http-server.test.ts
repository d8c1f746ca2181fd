import { once } from "node:events"
import { type AddressInfo, connect, createServer, Server, type Socket } from "node:net"
import { afterEach, expect, test, vi } from "vitest"
import type { HttpRequest, HttpResponse } from "../aws/http.ts"
import { recordingLog } from "../world/log.ts"
import { type SimulatedWorld, simulatedWorld } from "../world/simulated.ts"
import { Refusal } from "./exit.ts"
import type { Handle } from "./http-exchange.ts"
import { HttpServer, type HttpServerOptions } from "./http-server.ts"

// Real sockets, so that what is tested is what clients meet; time stands still unless a test moves it.

let running: HttpServer | undefined
let world: SimulatedWorld

afterEach(async () => {
  const closing = running?.close(0)
  await world.advance(2_000)
  await closing
  running = undefined
})

async function serve(handle: Handle, options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  world = simulatedWorld({ log: recordingLog() })
  running = new HttpServer({
    world,
    addresses: ["127.0.0.1"],
    port: 0,
    take: (exchange) => exchange.answer(handle),
    ...options,
  })
  await running.listen()
  return running
}

/** A connection on which a test says exactly what it wants, and what came back so far. */
class Wire {
  readonly socket: Socket
  received = ""

  constructor({ port }: HttpServer) {
    this.socket = connect(port, "127.0.0.1")
    this.socket.setEncoding("latin1").on("data", (part) => {
      this.received += part
    })
    this.socket.on("error", () => {})
  }

  say(...lines: string[]): void {
    this.socket.write(`${lines.join("\r\n")}\r\n\r\n`)
  }

  async hears(text: string): Promise<string> {
    while (!this.received.includes(text)) await once(this.socket, "data")
    return this.received
  }

  async end(): Promise<string> {
    while (!this.socket.closed) await turn()
    return this.received
  }
}

/** Lets the sockets of this process do something. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Resolves once a figure has stayed as it is for a while of doing nothing else. */
async function steady(figure: () => number): Promise<number> {
  for (let before = -1; before !== figure(); ) {
    before = figure()
    for (let turns = 0; turns < 200; turns++) await turn()
  }
  return figure()
}

const fine: HttpResponse = { status: 200, headers: {}, body: "fine" }

test("a request comes with its path and query as sent, and all of its headers", async () => {
  let seen: HttpRequest | undefined
  const server = await serve(async (request) => {
    seen = request
    return fine
  })
  const wire = new Wire(server)
  wire.say(
    "GET /a%2Fb/../c%20d?x=%41&x HTTP/1.1",
    "Host: ecs.example",
    "X-Tag: one",
    "x-tag: two, three",
    "User-Agent: a",
    "user-agent: b",
  )
  await wire.hears("fine")

  expect(seen).toMatchObject({ method: "GET", path: "/a%2Fb/../c%20d", query: "x=%41&x" })
  expect(seen!.headers).toMatchObject({ host: "ecs.example", "x-tag": "one,two, three", "user-agent": "a,b" })
  expect(seen!.body).toHaveLength(0)
  wire.socket.destroy()
})

test("a header cannot reach the prototype of the headers", async () => {
  let seen: HttpRequest | undefined
  const server = await serve(async (request) => {
    seen = request
    return fine
  })
  const wire = new Wire(server)
  wire.say("GET / HTTP/1.1", "Host: a", "__proto__: b")
  await wire.hears("fine")

  expect(Object.getPrototypeOf(seen!.headers)).toBeNull()
  expect(seen!.headers.constructor).toBeUndefined()
  wire.socket.destroy()
})

test("a small body is there whole when the request is handled, however it was sent", async () => {
  const bodies: unknown[] = []
  const server = await serve(async ({ body }) => {
    bodies.push(Buffer.from(body as Uint8Array).toString())
    return fine
  })
  const wire = new Wire(server)
  wire.say("POST / HTTP/1.1", "Host: a", "Content-Length: 10")
  wire.socket.write("hello")
  while (server.inFlight === 0) await turn()
  wire.socket.write("world")
  await wire.hears("fine")

  expect(bodies).toEqual(["helloworld"])
  wire.socket.destroy()
})

test("small bodies of all callers together have a bound, and room comes back", async () => {
  const go = Promise.withResolvers<void>()
  const server = await serve(
    async ({ path }) => {
      if (path === "/held") await go.promise
      return fine
    },
    { gatheredBytesMax: 1_000 },
  )
  const held = new Wire(server)
  held.say("POST /held HTTP/1.1", "Host: a", "Content-Length: 900")
  held.socket.write("x".repeat(900))
  // Who only says that more will come takes nobody's room.
  const slow = new Wire(server)
  slow.say("POST / HTTP/1.1", "Host: a", "Content-Length: 200000")
  while (server.inFlight < 2) await turn()

  const refused = new Wire(server)
  refused.say("POST / HTTP/1.1", "Host: a", "Content-Length: 101")
  refused.socket.write("x".repeat(101))
  expect(await refused.hears("\r\n\r\n")).toMatch(/^HTTP\/1.1 503[\s\S]*retry-after: 1/)
  const small = new Wire(server)
  small.say("POST / HTTP/1.1", "Host: a", "Content-Length: 100")
  small.socket.write("x".repeat(100))
  expect(await small.hears("fine")).toMatch(/^HTTP\/1.1 200/)

  go.resolve()
  await held.hears("fine")
  const next = new Wire(server)
  next.say("POST / HTTP/1.1", "Host: a", "Content-Length: 1000")
  next.socket.write("x".repeat(1_000))
  expect(await next.hears("fine")).toMatch(/^HTTP\/1.1 200/)
  for (const wire of [held, slow, refused, small, next]) wire.socket.destroy()
})

test("connections are kept for the next request, and each answer names its length", async () => {
  const server = await serve(async ({ path }) => ({ status: 200, headers: {}, body: `you asked for ${path}` }))
  const wire = new Wire(server)
  wire.say("GET /one HTTP/1.1", "Host: a")
  await wire.hears("you asked for /one")
  wire.say("GET /two HTTP/1.1", "Host: a")

  expect(await wire.hears("you asked for /two")).toMatch(/content-length: 18[\s\S]*content-length: 18/)
  wire.socket.destroy()
})

test("HEAD gets the headers of the answer and none of its body", async () => {
  const server = await serve(async () => ({
    status: 200,
    headers: { "content-length": "1234", etag: '"x"' },
    body: "",
  }))
  const wire = new Wire(server)
  wire.say("HEAD /bucket/key HTTP/1.1", "Host: a", "Connection: close")

  expect(await wire.end()).toMatch(/^HTTP\/1.1 200 OK\r\ncontent-length: 1234\r\netag: "x"\r\n[\s\S]*\r\n\r\n$/)
})

test("an answer without content has no length either", async () => {
  const server = await serve(async () => ({ status: 204, headers: {}, body: "" }))
  const wire = new Wire(server)
  wire.say("DELETE / HTTP/1.1", "Host: a", "Connection: close")

  const answer = await wire.end()
  expect(answer).toMatch(/^HTTP\/1.1 204/)
  expect(answer).not.toMatch(/content-length|transfer-encoding/i)
})

test("who asks before sending a body is told to go on only when somebody reads it", async () => {
  const read = Promise.withResolvers<void>()
  const server = await serve(async ({ path, body }) => {
    if (path === "/refused") return { status: 403, headers: {}, body: "no" }
    await read.promise
    let length = 0
    for await (const part of body as AsyncIterable<Uint8Array>) length += part.length
    return { status: 200, headers: {}, body: `read ${length}` }
  })
  const refused = new Wire(server)
  refused.say("PUT /refused HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 1000000")
  expect(await refused.hears("no")).not.toContain("100 Continue")
  refused.socket.destroy()

  const wire = new Wire(server)
  wire.say("PUT /taken HTTP/1.1", "Host: a", "Expect: 100-continue", "Transfer-Encoding: chunked")
  read.resolve()
  await wire.hears("100 Continue")
  wire.socket.write("5\r\nhello\r\n0\r\n\r\n")
  await wire.hears("read 5")
  wire.socket.destroy()
})

test("a caller that sends faster than it is read is held back", async () => {
  const go = Promise.withResolvers<void>()
  let read = 0
  const server = await serve(async ({ body }) => {
    await go.promise
    for await (const part of body as AsyncIterable<Uint8Array>) read += part.length
    return fine
  })
  const wire = new Wire(server)
  const size = 64 * 2 ** 20
  wire.say("PUT / HTTP/1.1", "Host: a", `Content-Length: ${size}`)
  const piece = Buffer.alloc(2 ** 20)
  for (let sent = 0; sent < size; sent += piece.length) wire.socket.write(piece)
  while (server.inFlight === 0) await turn()

  // Sockets' buffers take a few megabytes; the rest stays with the caller.
  expect(await steady(() => wire.socket.writableLength)).toBeGreaterThan(size / 2)
  go.resolve()
  await wire.hears("fine")
  expect(read).toBe(size)
  wire.socket.destroy()
})

test("a caller that takes an answer slower than it is made holds its making back", async () => {
  let made = 0
  const piece = new Uint8Array(2 ** 20)
  const server = await serve(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      for (; made < 64; made++) yield piece
    })(),
  }))
  const wire = new Wire(server)
  wire.socket.pause()
  wire.say("GET / HTTP/1.1", "Host: a", "Connection: close")
  while (made === 0) await turn()
  expect(await steady(() => made)).toBeLessThan(32)

  wire.socket.resume()
  await wire.end()
  expect(made).toBe(64)
})

test("the signal is raised and the answer's source let go when the caller goes away", async () => {
  const gone = Promise.withResolvers<void>()
  const letGo = Promise.withResolvers<void>()
  const server = await serve(async ({ signal }) => ({
    status: 200,
    headers: {},
    body: (async function* () {
      signal.addEventListener("abort", () => gone.resolve())
      try {
        yield Buffer.from("first")
        await gone.promise
        yield Buffer.from("second")
      } finally {
        letGo.resolve()
      }
    })(),
  }))
  const wire = new Wire(server)
  wire.say("GET / HTTP/1.1", "Host: a")
  await wire.hears("first")
  wire.socket.destroy()
  await Promise.all([gone.promise, letGo.promise])
})

test("an answer whose source fails breaks off, so that nobody takes it for whole", async () => {
  const server = await serve(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      yield Buffer.from("half of it")
      throw new Error("the disk is gone")
    })(),
  }))
  const wire = new Wire(server)
  wire.say("GET / HTTP/1.1", "Host: a")

  expect(await wire.end()).not.toContain("\r\n0\r\n")
})

test("what a handler throws is logged, and the caller gets no more than its status", async () => {
  const server = await serve(async () => {
    throw new Error("a secret of ours")
  })
  const wire = new Wire(server)
  wire.say("GET / HTTP/1.1", "Host: a", "Connection: close")

  expect(await wire.end()).toMatch(/^HTTP\/1.1 500/)
  expect(wire.received).not.toContain("secret")
  expect((world.log as ReturnType<typeof recordingLog>).lines).toMatchObject([{ level: "error" }])
})

test("a body that does not come is not waited for longer than half a minute", async () => {
  const server = await serve(async () => fine)
  const wire = new Wire(server)
  wire.say("POST / HTTP/1.1", "Host: a", "Content-Length: 10")
  wire.socket.write("hell")
  while (server.inFlight === 0) await turn()
  await world.advance(29_000)
  expect(wire.received).toBe("")
  await world.advance(10_000)

  expect(await wire.end()).toMatch(/^HTTP\/1.1 408/)
})

test("a stream may last as long as it likes while both sides keep up", async () => {
  const parts: string[] = []
  const server = await serve(async ({ body }) => {
    for await (const part of body as AsyncIterable<Uint8Array>) parts.push(Buffer.from(part).toString())
    return fine
  })
  const wire = new Wire(server)
  wire.say("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")
  for (let minute = 0; minute < 10; minute++) {
    wire.socket.write("4\r\npart\r\n")
    while (parts.length === minute) await turn()
    await world.advance(50_000)
  }
  wire.socket.write("0\r\n\r\n")
  await wire.hears("fine")
  expect(parts).toHaveLength(10)
  wire.socket.destroy()
})

test("headers that are too large are refused", async () => {
  const server = await serve(async () => fine)
  const wire = new Wire(server)
  wire.say("GET / HTTP/1.1", "Host: a", `X-Large: ${"x".repeat(70_000)}`)

  expect(await wire.end()).toMatch(/^HTTP\/1.1 431/)
})

test("what is no HTTP is refused", async () => {
  const server = await serve(async () => fine)
  const wire = new Wire(server)
  wire.say("HELLO, is this Homeport?")

  expect(await wire.end()).toMatch(/^HTTP\/1.1 400/)
})

test("a request that could be read in two ways is refused", async () => {
  const server = await serve(async () => fine)
  const wire = new Wire(server)
  wire.say("POST / HTTP/1.1", "Host: a", "Content-Length: 4", "Transfer-Encoding: chunked")

  expect(await wire.end()).toMatch(/^HTTP\/1.1 400/)
})

test("beyond the bound on connections a request is refused, and others go on", async () => {
  const server = await serve(async () => fine, { connectionsMax: 2 })
  const first = [new Wire(server), new Wire(server)]
  for (const wire of first) {
    wire.say("GET / HTTP/1.1", "Host: a")
    await wire.hears("fine")
  }
  const third = new Wire(server)
  third.say("GET / HTTP/1.1", "Host: a")

  expect(await third.end()).toMatch(/^HTTP\/1.1 503[\s\S]*retry-after/)
  first[0]!.received = ""
  first[0]!.say("GET / HTTP/1.1", "Host: a")
  // The connection that was refused may still be on its way out.
  await first[0]!.hears("HTTP/1.1")
  for (const wire of first) wire.socket.destroy()
})

test("Java's wish for HTTP/2 is answered in HTTP/1.1", async () => {
  const server = await serve(async () => fine, { takeUpgrade: async () => true })
  const wire = new Wire(server)
  wire.say(
    "GET / HTTP/1.1",
    "Host: a",
    "Connection: Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
  )
  await wire.hears("fine")
  wire.socket.destroy()
})

test("a websocket that nobody takes gets an ordinary answer", async () => {
  const server = await serve(async ({ path }) => ({ status: 404, headers: {}, body: `nothing at ${path}` }))
  const wire = new Wire(server)
  wire.say("GET /socket HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket")

  expect(await wire.end()).toMatch(/^HTTP\/1.1 404[\s\S]*nothing at \/socket/)
})

test("closing lets answers under way finish and takes no new ones", async () => {
  const go = Promise.withResolvers<void>()
  const server = await serve(async () => {
    await go.promise
    return fine
  })
  const idle = new Wire(server)
  const wire = new Wire(server)
  wire.say("GET / HTTP/1.1", "Host: a")
  while (server.inFlight === 0 || server.connections < 2) await turn()
  const closing = server.close(10_000)
  await idle.end()
  const late = new Wire(server)
  expect(await late.end()).toBe("")

  go.resolve()
  expect(await wire.end()).toMatch(/connection: close[\s\S]*fine/i)
  await closing
})

test("closing ends what does not end by itself once the time is up", async () => {
  const ended = Promise.withResolvers<void>()
  const server = await serve(async ({ signal }) => ({
    status: 200,
    headers: {},
    body: (async function* () {
      yield Buffer.from("first")
      await new Promise((resolve) => signal.addEventListener("abort", resolve))
      ended.resolve()
    })(),
  }))
  const wire = new Wire(server)
  wire.say("GET / HTTP/1.1", "Host: a")
  await wire.hears("first")
  const closing = server.close(10_000)
  await world.advance(9_000)
  expect(server.inFlight).toBe(1)
  await world.advance(2_000)

  await ended.promise
  await wire.end()
  await closing
})

test("a port in use is refused in one sentence", async () => {
  const { port } = await serve(async () => fine)
  const second = new HttpServer({ world, addresses: ["127.0.0.1"], port, take: async () => {} })

  await expect(second.listen()).rejects.toThrow(
    new Refusal(`Port ${port} on 127.0.0.1 is in use. Choose another with --port.`),
  )
})

test("where any port will do, one that is free on every address is found", async () => {
  const taken = createServer().listen(0, "127.0.0.2")
  await once(taken, "listening")
  const { port } = taken.address() as AddressInfo
  const listen = vi.spyOn(Server.prototype, "listen")
  const original = Server.prototype.listen
  listen.mockImplementationOnce(function (this: Server, options: unknown, listening: unknown) {
    listen.mockRestore()
    return original.call(this, { ...(options as object), port }, listening as () => void)
  } as never)
  const server = await serve(async () => fine, { addresses: ["127.0.0.1", "127.0.0.2"] })

  expect(server.port).not.toBe(port)
  const wire = new Wire(server)
  wire.say("GET / HTTP/1.1", "Host: a")
  await wire.hears("fine")
  wire.socket.destroy()
  taken.close()
})

test("a port that was asked for and is taken on any address is refused in a sentence", async () => {
  const taken = createServer().listen(0, "127.0.0.2")
  await once(taken, "listening")
  const { port } = taken.address() as AddressInfo

  await expect(serve(async () => fine, { addresses: ["127.0.0.1", "127.0.0.2"], port })).rejects.toThrow(
    new Refusal(`Port ${port} on 127.0.0.2 is in use. Choose another with --port.`),
  )
  taken.close()
})

test("a failure after listening is logged, and the server goes on", async () => {
  const listen = vi.spyOn(Server.prototype, "listen")
  const server = await serve(async () => fine)
  const [node] = listen.mock.contexts as Server[]
  listen.mockRestore()
  node!.emit("error", new Error("too many open files"))
  node!.emit("error", new Error("too many open files"))

  expect((world.log as ReturnType<typeof recordingLog>).lines).toMatchObject([{ level: "warn" }, { level: "warn" }])
  const wire = new Wire(server)
  wire.say("GET / HTTP/1.1", "Host: a")
  await wire.hears("fine")
  wire.socket.destroy()
})
