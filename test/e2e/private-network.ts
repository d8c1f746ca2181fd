import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync, readFileSync } from "node:fs"
import { text } from "node:stream/consumers"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, expect, onTestFinished } from "vitest"
import { CLONE_NEWNET, setns, unshare } from "../../src/node/linux/libc.ts"

/** A machine's network for this test file alone, with a way out to a world that is another namespace. */
export interface PrivateNetwork {
  readonly hostAddress: string
  readonly world: string
  readonly worldAddress: string
}

/** From now on this thread, and what it starts, are on that machine. */
export function enterPrivateNetwork(): PrivateNetwork {
  const before = openSync("/proc/thread-self/ns/net", "r")
  unshare(CLONE_NEWNET)
  const world = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" })
  afterAll(() => {
    world.kill("SIGKILL")
    setns(before, CLONE_NEWNET)
    closeSync(before)
  })
  const path = `/proc/${world.pid}/ns/net`
  run("until [ $(readlink $WORLD) != $(readlink /proc/self/ns/net) ]; do sleep 0.01; done", { WORLD: path })
  run("ip link set lo up")
  run(`ip link add up0 type veth peer name up0 netns ${world.pid}`)
  run("ip address add 203.0.113.1/24 dev up0; ip link set up0 up; ip route add default via 203.0.113.2")
  run(`nsenter --net=${path} sh -c "ip address add 203.0.113.2/24 dev up0; ip link set up0 up; ip link set lo up"`)
  return { hostAddress: "203.0.113.1", world: path, worldAddress: "203.0.113.2" }
}

export function run(script: string, environment: Readonly<Record<string, string>> = {}): string {
  return execFileSync("sh", ["-ec", script], { encoding: "utf8", env: { ...process.env, ...environment } })
}

type Protocol = "tcp" | "udp"

/** Starts something that answers everyone with a name and who it takes them for. */
export async function answer(path: string, protocol: Protocol, port: number, name: string): Promise<void> {
  const script =
    protocol === "tcp"
      ? `require("node:net").createServer((socket) => socket.end("${name} sees " + socket.remoteAddress))
         .listen(${port}, "0.0.0.0", () => console.log("ready"))`
      : `const socket = require("node:dgram").createSocket("udp4")
         socket.on("message", (_, { port, address }) => socket.send("${name} sees " + address, port, address))
         socket.bind(${port}, () => console.log("ready"))`
  await serving(path, script)
}

export async function answerByEcho(path: string, port: number): Promise<void> {
  const script = `require("node:net").createServer((socket) => socket.pipe(socket))
    .listen(${port}, "0.0.0.0", () => console.log("ready"))`
  await serving(path, script)
}

async function serving(path: string, script: string): Promise<void> {
  const server = inside(path, script)
  onTestFinished(() => void server.kill("SIGKILL"))
  await once(server.stdout!, "data")
}

/** What is answered there, or "refused", or "nothing" after a while. */
export async function ask(
  from: string | undefined,
  protocol: Protocol,
  address: string,
  port: number,
): Promise<string> {
  const script =
    protocol === "tcp"
      ? `const socket = require("node:net").connect(${port}, "${address}")
         socket.on("data", (data) => tell(String(data)))
         socket.on("error", ({ code }) => tell(code === "ECONNREFUSED" ? "refused" : code))`
      : `const socket = require("node:dgram").createSocket("udp4")
         socket.on("message", (data) => tell(String(data)))
         socket.on("error", ({ code }) => tell(code === "ECONNREFUSED" ? "refused" : code))
         socket.connect(${port}, "${address}", () => socket.send("?"))`
  const asking = inside(
    from,
    `const tell = (text) => { console.log(text); process.exit() }
     setTimeout(() => tell("nothing"), 1000)
     ${script}`,
  )
  const said = text(asking.stdout!)
  // Its connection is over when it is.
  await once(asking, "exit")
  return (await said).trim()
}

function inside(path: string | undefined, script: string): ChildProcess {
  const command = [process.execPath, "-e", script]
  const [program, ...parameters] = path === undefined ? command : ["nsenter", `--net=${path}`, ...command]
  return spawn(program!, parameters, { stdio: ["ignore", "pipe", "inherit"] })
}

/** All of the kernel that a host may leave something in. */
export function traces(folder: string): string {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n")
  const namespaces = mounts.flatMap((line) => (line.includes(` ${folder}/netns/`) ? line.split(" ")[4]! : []))
  return [
    ...namespaces,
    run("ip -o link | sed 's/^[0-9]*: //; s/@.*//; s/:.*//' | sort; ip -o -4 address | sed 's/^[0-9]*: //'; ip route"),
    // Without what was counted, and in no order: a daemon that is started again may put the same in another.
    run("nft --stateless list ruleset | sort"),
  ].join("\n")
}

/** The kernel takes the interfaces of a namespace away in its own time. */
export async function expectNoTraces(folder: string, before: string): Promise<void> {
  for (let looks = 0; looks < 200 && traces(folder) !== before; looks++) await pause(20)
  expect(traces(folder)).toBe(before)
}
