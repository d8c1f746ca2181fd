import { spawn } from "node:child_process"
import { once } from "node:events"
import { connect } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "../test/free-port.ts"
import { makeFolder } from "./folder.ts"

export interface Etcd extends AsyncDisposable {
  readonly port: number
}

/** One etcd as it comes: nothing is tuned, and every put reaches the disk. Undefined where it is not installed. */
export async function startEtcd(): Promise<Etcd | undefined> {
  const folder = makeFolder()
  const [port, peerPort] = [await freePort(), await freePort()]
  const urls = {
    "listen-client-urls": `http://127.0.0.1:${port}`,
    "advertise-client-urls": `http://127.0.0.1:${port}`,
    "listen-peer-urls": `http://127.0.0.1:${peerPort}`,
    "initial-advertise-peer-urls": `http://127.0.0.1:${peerPort}`,
    "initial-cluster": `default=http://127.0.0.1:${peerPort}`,
  }
  const words = Object.entries(urls).flatMap(([name, url]) => [`--${name}`, url])
  const server = spawn("etcd", ["--data-dir", join(folder.path, "etcd"), ...words], { stdio: "ignore" })
  const gone = new Promise<void>((resolve) => server.once("exit", () => resolve()).once("error", () => resolve()))
  try {
    await once(server, "spawn")
  } catch {
    folder[Symbol.dispose]()
    return undefined
  }
  const stop = () => server.kill("SIGKILL")
  process.once("exit", stop)

  for (let looks = 0; !(await answers(port)); looks++) {
    if (looks === LOOKS_MAX || server.exitCode !== null) throw new Error("etcd did not start")
    await sleep(LOOK_MS)
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      stop()
      await gone
      process.off("exit", stop)
      folder[Symbol.dispose]()
    },
  }
}

const LOOK_MS = 50
const LOOKS_MAX = 200

/** etcd listens once it has a leader. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    socket.once("connect", () => socket.destroy())
  })
}
