import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { createAccounts, NoAnswer, rootCredentials, type Status, status, stop } from "./control.ts"
import { ControlServer } from "./control-server.ts"
import { answerFor, type Controlled } from "./controlled.ts"
import { type DataDirectory, dataDirectory } from "./data.ts"
import { Refusal } from "./exit.ts"

let data: DataDirectory
const servers: ControlServer[] = []

beforeEach(() => {
  data = dataDirectory(mkdtempSync(join(tmpdir(), "homeport-control-")))
})
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  rmSync(data.path, { recursive: true })
})

const key = { account: "111122223333", accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" }

async function serve(controlled: Partial<Controlled> = {}): Promise<ControlServer> {
  const all: Controlled = {
    status: () => ({ pid: 7 }) as Status,
    credentials: () => key,
    createAccounts: async (count) => Array.from({ length: count }, () => key),
    join: async (place) => ({ place: { account: key.account, ...place }, ...key }),
    createJoinToken: async () => "token",
    stop: () => {},
    ...controlled,
  }
  const server = new ControlServer(data.control, (asked, parameters) => answerFor(all, asked, parameters))
  await server.listen()
  servers.push(server)
  return server
}

test("the command line reaches the running process", async () => {
  let stopped = false
  await serve({
    stop() {
      stopped = true
    },
  })

  expect(await status(data)).toEqual({ pid: 7 })
  expect(await rootCredentials(data)).toEqual(key)
  expect(await createAccounts(data, 3)).toEqual([key, key, key])
  await stop(data)
  expect(stopped).toBe(true)
})

test("only this user can open the socket", async () => {
  await serve()
  expect(statSync(data.control).mode & 0o777).toBe(0o600)
})

test("what the process refuses is said in its words", async () => {
  await serve({
    credentials() {
      throw new Refusal("This process is a standby.")
    },
  })
  await expect(rootCredentials(data)).rejects.toThrow("This process is a standby.")
})

test("where nothing runs there is no status, and everything else says how to start", async () => {
  expect(await status(data)).toBeUndefined()
  await expect(rootCredentials(data)).rejects.toThrow(
    `Homeport is not running with data in ${data.path}. Start it with: homeport up`,
  )
})

test("a socket left by a killed process counts as nothing, and is replaced", async () => {
  // A file in its place is as dead as a socket that nobody listens on.
  writeFileSync(data.control, "")
  expect(await status(data)).toBeUndefined()
  await serve()
  expect(await status(data)).toEqual({ pid: 7 })
})

test("a process that breaks off in the middle counts as gone", async () => {
  const server = createServer((socket) => socket.once("data", () => socket.destroy()))
  await new Promise<void>((resolve) => server.listen(data.control, resolve))
  expect(await status(data)).toBeUndefined()
  server.close()
})

test("a process that does not answer is told from none, after two seconds", async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => void sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(data.control, resolve))
  const before = performance.now()
  await expect(status(data)).rejects.toThrow(NoAnswer)
  expect(performance.now() - before).toBeLessThan(10_000)
  for (const socket of sockets) socket.destroy()
  server.close()
})

test.each(["", "half {", "<html>"])("an answer that nobody understands counts as none: '%s'", async (text) => {
  const server = createServer((socket) => {
    socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`))
  })
  await new Promise<void>((resolve) => server.listen(data.control, resolve))
  await expect(status(data)).rejects.toThrow(`Homeport with data in ${data.path} runs but does not answer.`)
  server.close()
})

test("closing takes away its own socket and leaves another process's", async () => {
  const first = await serve()
  const second = await serve({ status: () => ({ pid: 8 }) as Status })
  first.close()
  expect(await status(data)).toEqual({ pid: 8 })
  second.close()
  expect(existsSync(data.control)).toBe(false)
})
