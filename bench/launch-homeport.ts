import { execFile } from "node:child_process"
import { resolve } from "node:path"
import { Readable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import type { Credentials } from "../src/main/control.ts"
import type { DataDirectory } from "../src/main/data.ts"
import { loadImage, nodeStatus } from "../src/main/node/node-control.ts"
import { nodeDirectory } from "../src/main/node/node-directory.ts"
import { until } from "../test/e2e/until.ts"
import { makeFolder } from "./folder.ts"
import { startHomeport } from "./homeport.ts"
import { HttpConnection } from "./http-connection.ts"
import { IDLE_IMAGE, idleImage } from "./idle-image.ts"
import { signedRequest } from "./signed-request.ts"

/** A launch as its caller saw it; times are in milliseconds, `sentAt` of the wall clock. */
export interface Launch {
  readonly arn: string
  readonly sentAt: number
  readonly answeredAfter: number
  readonly runsAfter: number
}

export type Launches = Awaited<ReturnType<typeof startLaunches>>

/** All of Homeport with this machine as its only container instance, and one task definition. */
export async function startLaunches(logLevel: "debug" | "warn") {
  const folder = makeFolder()
  const homeport = startHomeport("up", folder.path, { node: true, logLevel })
  const { data } = homeport
  const { port } = await homeport.ready()
  // Both of them: one is the capacity that is FARGATE, and these tasks are the other's.
  await until(async () => (await nodeStatus(data))?.instances.filter(({ isConnected }) => isConnected).length === 2)
  await loadImage(data, Readable.from([await idleImage()]))
  const credentials = await homeport.credentials()
  // A region hangs up on who has been silent while the others had their turns.
  let line = await Line.open(port, credentials)
  const container = { name: "main", image: IDLE_IMAGE, memory: 32 }
  await line.ask("RegisterTaskDefinition", { family: "idle", containerDefinitions: [container] })

  /** Each call asks for as many as it may, on a connection of its own. */
  async function begin(count: number): Promise<Launch[]> {
    const opening = Array.from({ length: Math.ceil(count / PER_CALL) }, () => Line.open(port, credentials))
    const lines = await Promise.all(opening)
    line.close()
    line = lines[0]!
    const sentAt = Date.now()
    const startedAt = performance.now()
    const waiting = new Map<string, number>()
    const calls = lines.map(async (own, call) => {
      const input = { taskDefinition: "idle", count: Math.min(PER_CALL, count - call * PER_CALL) }
      const { tasks, failures } = await own.ask("RunTask", input)
      if (failures.length > 0) throw new Error(`Not every task was placed: ${JSON.stringify(failures)}`)
      for (const { taskArn } of tasks) waiting.set(taskArn, performance.now() - startedAt)
      if (own !== line) own.close()
    })
    await Promise.all(calls)
    const launches: Launch[] = []
    while (waiting.size > 0) {
      const { tasks } = await line.ask("DescribeTasks", { tasks: [...waiting.keys()] })
      for (const { taskArn: arn, lastStatus, stoppedReason } of tasks) {
        if (lastStatus === "STOPPED") throw new Error(`A task has stopped: ${stoppedReason}`)
        if (lastStatus !== "RUNNING") continue
        launches.push({ arn, sentAt, answeredAfter: waiting.get(arn)!, runsAfter: performance.now() - startedAt })
        waiting.delete(arn)
      }
      // To ask again at once would take a processor away from what is measured.
      await sleep(count === 1 ? LOOK_ALONE_MS : LOOK_MS)
    }
    return launches
  }

  async function end(launches: readonly Launch[]): Promise<void> {
    const left = new Set(launches.map(({ arn }) => arn))
    for (const task of left) await line.ask("StopTask", { task })
    while (left.size > 0) {
      const { tasks } = await line.ask("DescribeTasks", { tasks: [...left] })
      for (const { taskArn, lastStatus } of tasks) if (lastStatus === "STOPPED") left.delete(taskArn)
      await sleep(LOOK_MS)
    }
    // What is still being taken away must not fall into somebody else's turn.
    await sleep(SETTLE_MS + launches.length * SETTLE_MS_EACH)
  }

  let isOver = false
  return {
    data: data as DataDirectory,
    cgroup: nodeDirectory(data).cgroup,

    async launches(count: number): Promise<Launch[]> {
      const launches = await begin(count)
      await end(launches)
      return launches
    },

    /** How long each took until it was seen to run. */
    async launch(count: number): Promise<number[]> {
      const launches = await begin(count)
      await end(launches)
      return launches.map(({ runsAfter }) => runsAfter)
    },

    async keeping<Result>(count: number, look: () => Promise<Result>): Promise<Result> {
      const launches = await begin(count)
      const seen = await look()
      await end(launches)
      return seen
    },

    async firstQuestion(): Promise<number> {
      const startedAt = performance.now()
      const own = await Line.open(port, credentials)
      await own.ask("DescribeClusters", {})
      own.close()
      return performance.now() - startedAt
    },

    async [Symbol.asyncDispose]() {
      if (isOver) return
      isOver = true
      line.close()
      await promisify(execFile)(HOMEPORT, ["uninstall", "--yes", "--data", data.path])
      await homeport[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

/** A kept connection on which one question is asked after the other. */
class Line {
  readonly #connection: HttpConnection
  readonly #credentials: Credentials

  private constructor(connection: HttpConnection, credentials: Credentials) {
    this.#connection = connection
    this.#credentials = credentials
  }

  static async open(port: number, credentials: Credentials): Promise<Line> {
    return new Line(await HttpConnection.open(port), credentials)
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers are read as they come, without a client's schemas.
  async ask(operation: string, input: object): Promise<any> {
    const { status, body } = await this.#connection.call(signedRequest(operation, input, this.#credentials, new Date()))
    if (status !== 200) throw new Error(`${operation} was refused: ${body}`)
    return JSON.parse(body.toString())
  }

  close(): void {
    this.#connection.close()
  }
}

const HOMEPORT = resolve(import.meta.dirname, "../homeport")
const PER_CALL = 10
const LOOK_ALONE_MS = 2
const LOOK_MS = 40
const SETTLE_MS = 150
const SETTLE_MS_EACH = 20
