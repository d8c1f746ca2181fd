import { setTimeout as sleep } from "node:timers/promises"
import { EC2 } from "@aws-sdk/client-ec2"
import { type Credentials, rootCredentials, status } from "../src/main/control.ts"
import type { Figure } from "./figure.ts"
import { HttpConnection } from "./http-connection.ts"
import { IDLE_IMAGE } from "./idle-image.ts"
import { startDocker } from "./launch-docker.ts"
import { startLaunches } from "./launch-homeport.ts"
import { inTurns, ratioOf, spreadOf } from "./measure.ts"
import { signedRequest } from "./signed-request.ts"

/** From asking for a task with an interface of its own until it is seen to run, beside what has Docker's bridge or ours. */
export async function launchFigures(say: (sentence: string) => void): Promise<Figure[]> {
  await using docker = await startDocker(say)
  await using homeport = await startLaunches("warn")
  const credentials = await rootCredentials(homeport.data)
  const { port } = (await status(homeport.data))!
  const launchWithInterface = await withInterfaces(port, credentials)
  const { awsvpc, bridge, run } = await inTurns(
    "launch with an interface",
    {
      awsvpc: launchWithInterface,
      bridge: async () => (await homeport.launch(1))[0]!,
      ...(docker && { run: async () => (await docker.run(1))[0]! }),
    },
    ROUNDS,
  )
  const name = "launch with an interface of its own"
  const ours = spreadOf(awsvpc)
  return [
    ...(run === undefined
      ? []
      : [
          {
            name,
            unit: "ms" as const,
            ours,
            theirs: { name: "docker run -d", spread: spreadOf(run) },
            ratio: ratioOf(awsvpc, run),
            target: { of: "ratio" as const, atMost: 0.35 },
          },
        ]),
    {
      name,
      unit: "ms",
      ours,
      theirs: { name: "on our bridge", spread: spreadOf(bridge) },
      ratio: ratioOf(awsvpc, bridge),
    },
  ]
}

/** Launches one task, and resolves with how long it took once it has been taken away again. */
async function withInterfaces(port: number, credentials: Credentials): Promise<() => Promise<number>> {
  const networkConfiguration = { awsvpcConfiguration: { subnets: [await aSubnet(port, credentials)] } }
  await onLine(port, credentials, (ask) =>
    ask("RegisterTaskDefinition", {
      family: "idle-vpc",
      networkMode: "awsvpc",
      containerDefinitions: [{ name: "main", image: IDLE_IMAGE, memory: 32 }],
    }),
  )
  return () =>
    onLine(port, credentials, async (ask) => {
      const until = async (task: string, wanted: string) => {
        for (;;) {
          const { tasks } = await ask("DescribeTasks", { tasks: [task] })
          const { lastStatus, stoppedReason } = tasks[0]
          if (lastStatus === wanted) return
          if (lastStatus === "STOPPED") throw new Error(`A task has stopped: ${stoppedReason}`)
          await sleep(LOOK_MS)
        }
      }
      const startedAt = performance.now()
      const { tasks, failures } = await ask("RunTask", { taskDefinition: "idle-vpc", networkConfiguration })
      if (failures.length > 0) throw new Error(`The task was not placed: ${JSON.stringify(failures)}`)
      const task: string = tasks[0].taskArn
      await until(task, "RUNNING")
      const took = performance.now() - startedAt
      await ask("StopTask", { task })
      await until(task, "STOPPED")
      await sleep(SETTLE_MS)
      return took
    })
}

// biome-ignore lint/suspicious/noExplicitAny: answers are read as they come, without a client's schemas.
type Ask = (operation: string, input: object) => Promise<any>

/** A connection for each launch: the region hangs up on who has been silent while the others had their turns. */
async function onLine<T>(port: number, credentials: Credentials, work: (ask: Ask) => Promise<T>): Promise<T> {
  const connection = await HttpConnection.open(port)
  try {
    return await work(async (operation, input) => {
      const { status, body } = await connection.call(signedRequest(operation, input, credentials, new Date()))
      if (status !== 200) throw new Error(`${operation} was refused: ${body}`)
      return JSON.parse(body.toString())
    })
  } finally {
    connection.close()
  }
}

async function aSubnet(port: number, credentials: Credentials): Promise<string> {
  const ec2 = new EC2({ endpoint: `http://127.0.0.1:${port}`, region: "us-east-1", credentials })
  const { Subnets } = await ec2.describeSubnets({})
  ec2.destroy()
  return Subnets![0]!.SubnetId!
}

const ROUNDS = 20
const LOOK_MS = 2
const SETTLE_MS = 150
