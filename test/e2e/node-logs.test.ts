import { createSocket } from "node:dgram"
import { mkdtempSync, rmSync } from "node:fs"
import http from "node:http"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, expect, test } from "vitest"
import { connectLog } from "../../src/node/logs/connection.ts"
import { postOverHttp } from "../../src/node/logs/splunk/post.ts"

const undo: (() => void)[] = []
afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step()
})

const bytes = (text: string) => new TextEncoder().encode(text)

/** Resolves each time that as much was heard as the test waits for. */
function ear() {
  let heard = ""
  let wanted = { text: "", resolve: () => {} }
  const check = () => {
    if (wanted.text !== "" && heard.endsWith(wanted.text)) wanted.resolve()
  }
  return {
    hear(part: Buffer) {
      heard += part
      check()
    },
    until: (text: string) =>
      new Promise<void>((resolve) => {
        wanted = { text, resolve }
        check()
      }),
  }
}

function accept(sockets: Socket[], hear: (part: Buffer) => void): Server {
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on("data", hear)
    socket.on("error", () => {})
  })
  undo.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return server
}

test("a stream is opened with the first bytes, and again after it was lost", async () => {
  const sockets: Socket[] = []
  const { hear, until } = ear()
  const server = accept(sockets, hear)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const connection = connectLog({ kind: "tcp", host: "127.0.0.1", port })
  undo.push(() => void connection.close())

  await connection.send([bytes("one "), bytes("two\n")])
  await until("one two\n")
  sockets[0]!.destroy()
  await connection.close()
  await connection.send([bytes("three\n")])
  await until("three\n")
  expect(sockets).toHaveLength(2)
})

test("a local socket is a stream as well", async () => {
  const folder = mkdtempSync(join(tmpdir(), "homeport-node-logs-"))
  undo.push(() => rmSync(folder, { recursive: true }))
  const { hear, until } = ear()
  const server = accept([], hear)
  const path = join(folder, "log")
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const connection = connectLog({ kind: "unix", path })
  undo.push(() => void connection.close())
  await connection.send([bytes("one\n")])
  await until("one\n")
})

test("nobody there is told of when a connection is opened", async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  await expect(connectLog({ kind: "tcp", host: "127.0.0.1", port }).open()).rejects.toThrow("ECONNREFUSED")
})

test("each message is a datagram", async () => {
  const socket = createSocket("udp4")
  undo.push(() => socket.close())
  const messages: string[] = []
  const both = new Promise<void>((resolve) => {
    socket.on("message", (message) => {
      messages.push(message.toString())
      if (messages.length === 2) resolve()
    })
  })
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve))
  const connection = connectLog({ kind: "udp", host: "127.0.0.1", port: socket.address().port })
  undo.push(() => void connection.close())
  await connection.send([bytes("one"), bytes("two")])
  await both
  expect(messages).toEqual(["one", "two"])
})

test("a post tells how it was answered", async () => {
  const server = http.createServer((request, response) => {
    let body = ""
    request.on("data", (part) => {
      body += part
    })
    request.on("end", () => {
      response.statusCode = 418
      response.end(`${request.method} ${request.headers.authorization} ${body}`)
    })
  })
  undo.push(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const headers = { authorization: "Splunk x" }
  expect(await postOverHttp({ method: "POST", url, headers, body: bytes("body"), skipsVerify: false })).toEqual({
    status: 418,
    text: "POST Splunk x body",
  })
})
