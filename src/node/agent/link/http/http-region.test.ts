import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { expect, onTestFinished, test } from "vitest"
import { WebSocketServer } from "ws"
import { simulatedWorld } from "../../../../world/simulated.ts"
import { HttpRegion } from "./http-region.ts"

const key = { accessKeyId: "AKIA", secretAccessKey: "secret", sessionToken: "token" }

// Real sockets on the loopback, as what is tested is what the platform makes of them.

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const world = simulatedWorld()
  const region = new HttpRegion({ world, name: "us-east-1", endpoint, key: () => key, userAgent: "an agent" })
  onTestFinished(() => {
    region.close()
    server.closeAllConnections()
    server.close()
  })
  return { server, world, region, endpoint }
}

test("calls go out signed, and on one connection", async () => {
  const seen: IncomingMessage[] = []
  const { region } = await serve((request, response) => {
    seen.push(request)
    request.resume().on("end", () => response.end('{"n":1}'))
  })
  for (let n = 0; n < 3; n++) expect(await region.call("ecs", "Try", { a: 1 })).toEqual({ n: 1 })
  expect(seen[0]).toMatchObject({
    method: "POST",
    url: "/",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AmazonEC2ContainerServiceV20141113.Try",
      "x-amz-security-token": "token",
      "user-agent": "an agent",
      authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKIA\/\d{8}\/us-east-1\/ecs\/aws4_request/),
    },
  })
  expect(new Set(seen.map(({ socket }) => socket)).size).toBe(1)
})

test("a role's credentials and another region can be signed for", async () => {
  const seen: IncomingMessage[] = []
  const { region } = await serve((request, response) => {
    seen.push(request)
    request.resume().on("end", () => response.end("{}"))
  })
  const credentials = { accessKeyId: "ASIA", secretAccessKey: "s", sessionToken: "t" }
  await region.call("logs", "PutLogEvents", {}, { credentials, region: "eu-west-1" })
  expect(seen[0]!.headers.authorization).toMatch(/Credential=ASIA\/\d{8}\/eu-west-1\/logs\//)
  expect(seen[0]!.headers["x-amz-target"]).toBe("Logs_20140328.PutLogEvents")
})

test("a call that is not answered in time is given up", async () => {
  const asked = Promise.withResolvers<void>()
  const { region, world } = await serve(() => asked.resolve())
  const answer = region.call("ecs", "Try", {}, { msMax: 1_000 })
  answer.catch(() => {})
  await asked.promise
  await world.advance(1_000)
  await expect(answer).rejects.toMatchObject({ code: "Unreachable", status: 0, message: /no answer in 1000 ms/ })
})

test("a call ends with its signal's reason", async () => {
  const asked = Promise.withResolvers<void>()
  const { region } = await serve(() => asked.resolve())
  const stopping = new AbortController()
  const answer = region.call("ecs", "Try", {}, { signal: stopping.signal })
  answer.catch(() => {})
  await asked.promise
  stopping.abort(new Error("enough"))
  await expect(answer).rejects.toThrow("enough")
  await expect(region.call("ecs", "Try", {}, { signal: stopping.signal })).rejects.toThrow("enough")
})

test("an answer that breaks off is none", async () => {
  const { region } = await serve((_, response) => {
    response.writeHead(200, { "content-length": "100" })
    response.write("{", () => response.destroy())
  })
  await expect(region.call("ecs", "Try", {})).rejects.toMatchObject({ code: "Unreachable" })
})

test("nobody there is said to be so", async () => {
  const { region, server } = await serve(() => {})
  server.close()
  await once(server, "close")
  await expect(region.call("ecs", "Try", {})).rejects.toMatchObject({ code: "Unreachable", status: 0 })
  await expect(region.connect(`${region.endpoint}/acs/ws`)).rejects.toMatchObject({ code: "Unreachable", status: 0 })
})

test("a socket's first frames are not lost while nobody listens, and its end has its code", async () => {
  const { server, region, endpoint } = await serve(() => {})
  const upgraded = takeSockets(server)
  const socket = await region.connect(`${endpoint}/acs/ws?a=b%20c`)
  const { request, webSocket } = await upgraded
  expect(request.url).toBe("/acs/ws?a=b%20c")
  expect(request.headers.authorization).toMatch(/SignedHeaders=host;x-amz-date;x-amz-security-token,/)
  expect(request.headers["sec-websocket-extensions"]).toBeUndefined()

  webSocket.send("first")
  webSocket.send("second")
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve))
  const heard: string[] = []
  const both = new Promise<void>((resolve) => {
    socket.message = (frame) => {
      if (heard.push(frame) === 2) resolve()
    }
  })
  await both
  expect(heard).toEqual(["first", "second"])

  const echoed = once(webSocket, "message")
  socket.send("third")
  expect(String((await echoed)[0])).toBe("third")
  webSocket.close(1013, "later")
  expect(await socket.closed).toBe(1013)
})

test("an end without a word is 1006", async () => {
  const { server, region, endpoint } = await serve(() => {})
  const upgraded = takeSockets(server)
  const socket = await region.connect(`${endpoint}/acs/ws`)
  ;(await upgraded).webSocket.terminate()
  expect(await socket.closed).toBe(1006)
})

test("a refused socket says why", async () => {
  const { server, region, endpoint } = await serve(() => {})
  const body = '{"InactiveInstanceException":"gone"}'
  server.on("upgrade", (_, socket) => {
    socket.end(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  })
  await expect(region.connect(`${endpoint}/acs/ws`)).rejects.toMatchObject({
    code: "InactiveInstanceException",
    status: 400,
  })
})

function takeSockets(server: Server) {
  const sockets = new WebSocketServer({ server })
  onTestFinished(() => sockets.close())
  return once(sockets, "connection").then(([webSocket, request]) => ({ webSocket, request }))
}
