import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { type AddressInfo, createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Duplex } from "node:stream"
import { createServer as createSecureServer } from "node:tls"
import { afterEach, expect, test } from "vitest"
import { dialRegion } from "../../src/node/endpoints/dial.ts"
import { listenForIntrospection } from "../../src/node/endpoints/introspection-listener.ts"
import { anAgent, aTaskRecord } from "../../src/node/endpoints/testing.ts"
import { simulatedWorld } from "../../src/world/simulated.ts"

const undo: (() => void)[] = []
afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step()
})

/** Answers, only when the other side has said all, with how much that was. */
function countBytes(socket: Duplex): void {
  let bytes = 0
  socket.on("data", (part: Buffer) => {
    bytes += part.length
  })
  socket.on("end", () => socket.end(`${bytes} bytes`))
  socket.on("error", () => {})
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  undo.push(() => server.close())
  return (server.address() as AddressInfo).port
}

async function say(socket: Duplex): Promise<string> {
  socket.end("x".repeat(1_000_000))
  let answer = ""
  for await (const part of socket) answer += part
  return answer
}

test("a region is dialled in the clear, and may be told that all is said", async () => {
  const port = await listen(createServer({ allowHalfOpen: true }, countBytes))
  expect(await say(await dialRegion(`http://127.0.0.1:${port}`)())).toBe("1000000 bytes")
})

test("a region with TLS is dialled only if the authority it was told of vouches for it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "homeport-endpoints-"))
  undo.push(() => rmSync(directory, { recursive: true }))
  const [key, certificate] = ["key.pem", "certificate.pem"].map((name) => join(directory, name)) as [string, string]
  const subject = ["-subj", "/CN=region", "-addext", "subjectAltName=IP:127.0.0.1"]
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", certificate]
  execFileSync("openssl", [...made, ...subject], { stdio: "ignore" })
  const server = createSecureServer(
    { key: readFileSync(key), cert: readFileSync(certificate), allowHalfOpen: true },
    countBytes,
  )
  const port = await listen(server)

  const dial = dialRegion(`https://127.0.0.1:${port}`, readFileSync(certificate, "utf8"))
  expect(await say(await dial())).toBe("1000000 bytes")
  await expect(dialRegion(`https://127.0.0.1:${port}`)()).rejects.toThrow("self-signed certificate")
})

test("a region that is not there is told of at once", async () => {
  const server = createServer()
  const port = await listen(server)
  undo.pop()
  await new Promise((resolve) => server.close(resolve))
  await expect(dialRegion(`http://127.0.0.1:${port}`)()).rejects.toThrow("ECONNREFUSED")
})

test("people on the machine can ask the agent", async () => {
  let agent: ReturnType<typeof anAgent> | undefined
  const listener = await listenForIntrospection({ world: simulatedWorld(), agent: () => agent, version: "1", port: 0 })
  undo.push(() => void listener.close())
  const ask = (path: string) => fetch(`http://127.0.0.1:${listener.port}${path}`)
  expect((await ask("/v1/tasks")).status).toBe(503)

  agent = anAgent([aTaskRecord()])
  expect(await (await ask("/v1/tasks")).json()).toMatchObject({ Tasks: [{ Arn: aTaskRecord().arn }] })
})
