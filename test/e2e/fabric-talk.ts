import { execFile, spawn } from "node:child_process"
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { promisify } from "node:util"
import { onTestFinished } from "vitest"

/** A connection that stays open in a namespace: what is said is answered by an echo, or by nothing. */
export interface Talk {
  say(words: string): Promise<string>

  /** What comes within a second, or within the time that is given; else nothing. */
  hear(waitMs?: number): Promise<string>
}

export async function openTalk(path: string, address: string, port: number): Promise<Talk> {
  const script = `const socket = require("node:net").connect(${port}, "${address}", () => console.log("connected"))
    process.stdin.on("data", (data) => socket.write(data))
    socket.on("data", (data) => process.stdout.write(data))
    socket.on("error", ({ code }) => console.log(code))`
  const child = spawn("nsenter", [`--net=${path}`, process.execPath, "-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  await once(child.stdout, "data")
  const hear = (waitMs = 1000) =>
    once(child.stdout, "data", { signal: AbortSignal.timeout(waitMs) }).then(
      ([data]) => String(data),
      () => "nothing",
    )
  return {
    say(words) {
      const heard = hear()
      child.stdin.write(words)
      return heard
    },
    hear,
  }
}

/** What a resolver answers a task, or the reason for none. */
export async function lookUp(path: string, server: string, name: string, type: string): Promise<string[] | string> {
  const script = `const resolver = new (require("node:dns").promises.Resolver)({ timeout: 1000, tries: 1 })
    resolver.setServers(["${server}"])
    resolver.resolve("${name}", "${type}").then((found) => console.log(JSON.stringify(found)), ({ code }) => console.log(JSON.stringify(code)))`
  const { stdout } = await promisify(execFile)("nsenter", [`--net=${path}`, process.execPath, "-e", script])
  return JSON.parse(stdout)
}

/** A resolver of the host that answers every question with one address. */
export async function answerNames(host: string, address: string): Promise<void> {
  const socket = createSocket("udp4", (query, { port, address: asker }) => {
    const end = query.indexOf(0, 12) + 5
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180, 2)
    header.writeUInt16BE(1, 6)
    header.writeUInt16BE(0, 10)
    const answer = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, ...address.split(".").map(Number)]
    socket.send(Buffer.concat([header, query.subarray(12, end), Buffer.from(answer)]), port, asker)
  })
  onTestFinished(() => void socket.close())
  socket.bind(53, host)
  await once(socket, "listening")
}

/** A server that sends without end to whoever has asked once, and the count of what its one asker has heard. */
export async function hearStream(server: string, client: string, address: string, port: number): Promise<() => number> {
  const inside = (path: string, script: string) => {
    const child = spawn("nsenter", [`--net=${path}`, process.execPath, "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    onTestFinished(() => void child.kill("SIGKILL"))
    return child
  }
  const serving = inside(
    server,
    `const socket = require("node:dgram").createSocket("udp4", (_, { port, address }) =>
       setInterval(() => socket.send("again", port, address, () => {}), 20))
     socket.on("error", () => {})
     socket.bind(${port}, () => console.log("ready"))`,
  )
  await once(serving.stdout, "data")
  const hearing = inside(
    client,
    `const socket = require("node:dgram").createSocket("udp4", () => process.stdout.write("."))
     socket.send("?", ${port}, "${address}")`,
  )
  let count = 0
  hearing.stdout.on("data", (dots) => {
    count += dots.length
  })
  await once(hearing.stdout, "data")
  return () => count
}

/** An echo at one address, of either version. */
export async function echoAt(path: string, address: string, port: number): Promise<void> {
  const script = `require("node:net").createServer((socket) => socket.on("error", () => {}).pipe(socket))
    .listen(${port}, "${address}", () => console.log("ready"))`
  const child = spawn("nsenter", [`--net=${path}`, process.execPath, "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  await once(child.stdout, "data")
}
