import { execFileSync } from "node:child_process"
import { closeSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs"
import { ECS } from "@aws-sdk/client-ecs"
import { loadImage, nodeStatus } from "../src/main/node/node-control.ts"
import { until } from "../test/e2e/until.ts"
import { makeFolder } from "./folder.ts"
import { startHomeport } from "./homeport.ts"
import { IDLE_IMAGE, idleImage } from "./idle-image.ts"
import { spreadOf } from "./measure.ts"

/** All of Homeport, and a container of this machine that says whatever is written to a pipe, by `awslogs`. */
export async function startLines() {
  const folder = makeFolder()
  const homeport = startHomeport("up", join(folder.path, "data"), { node: true })
  const { data } = homeport
  const { endpoint } = await homeport.ready()
  await until(async () => (await nodeStatus(data))?.instances.some(({ isConnected }) => isConnected))
  await loadImage(data, Readable.from([await idleImage()]))
  const config = { endpoint, region: "us-east-1", credentials: await homeport.credentials() }
  const [ecs, logs] = [new ECS(config), new CloudWatchLogs(config)]

  const pipe = join(folder.path, "pipe")
  execFileSync("mkfifo", [pipe])
  const options = { "awslogs-group": "/bench", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "line" }
  await logs.createLogGroup({ logGroupName: "/bench" })
  const container = {
    name: "main",
    image: IDLE_IMAGE,
    memory: 32,
    command: ["/bin/cat", "/bench/pipe"],
    mountPoints: [{ sourceVolume: "bench", containerPath: "/bench" }],
    logConfiguration: { logDriver: "awslogs" as const, options },
  }
  const volumes = [{ name: "bench", host: { sourcePath: folder.path } }]
  await ecs.registerTaskDefinition({ family: "says", containerDefinitions: [container], volumes })
  const { tasks = [] } = await ecs.runTask({ taskDefinition: "says" })
  const task = tasks[0]!.taskArn!
  await until(async () => (await ecs.describeTasks({ tasks: [task] })).tasks![0]!.lastStatus === "RUNNING")
  const stream = { logGroupName: "/bench", logStreamName: `line/main/${task.split("/").at(-1)}` }
  // Both ends, so that opening does not wait and the container never reads its end.
  const fd = openSync(pipe, "r+")
  let number = 0

  /** From the write until the answer that has the line was read. */
  async function readBackMs(): Promise<number> {
    const line = `line ${number++}`
    const startedAt = performance.now()
    writeSync(fd, `${line}\n`)
    for (;;) {
      const { events = [] } = await logs.getLogEvents({ ...stream, limit: 1 })
      if (events[0]?.message === line) return performance.now() - startedAt
      await sleep(LOOK_MS)
    }
  }

  return {
    /** The median of some lines, each written when nothing else is on its way. */
    async line(): Promise<number> {
      const times: number[] = []
      for (let count = 0; count < LINES; count++) times.push(await readBackMs())
      return spreadOf(times).median
    },

    async [Symbol.asyncDispose]() {
      closeSync(fd)
      ecs.destroy()
      logs.destroy()
      const homeportProgram = join(import.meta.dirname, "../homeport")
      execFileSync(homeportProgram, ["uninstall", "--yes", "--data", data.path])
      await homeport[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

const LINES = 10

/** To ask again at once would take a processor away from what is measured. */
const LOOK_MS = 2
