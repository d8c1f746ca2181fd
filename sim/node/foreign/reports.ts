import { tcsFromAgent } from "../../../src/wire/tcs.ts"
import { newUuid } from "../../../src/world/ids.ts"
import type { World } from "../../../src/world/world.ts"
import type { Input } from "../../api.ts"
import type { AgentDisk, KnownTask } from "./agent-disk.ts"
import type { Machine, Run } from "./machine.ts"

/** What SubmitTaskStateChange says of a task's containers. */
export function containerReports(
  { payload, status, exitCode, reason }: KnownTask,
  run: Run | undefined,
): NonNullable<Input<"SubmitTaskStateChange">["containers"]> {
  return payload.containers.map(({ name, portMappings = [] }) => {
    const hasEnded = run?.ended.has(name) === true
    return {
      containerName: name,
      runtimeId: `run-${payload.arn.slice(-8)}`,
      status: hasEnded ? "STOPPED" : status,
      ...(hasEnded ? { exitCode: 0 } : exitCode !== undefined && { exitCode }),
      ...(reason !== undefined && { reason }),
      ...(status === "RUNNING" && {
        networkBindings: portMappings.map(({ containerPort = 0, protocol }) => ({
          bindIP: "0.0.0.0",
          containerPort,
          hostPort: run?.ports.get(`${containerPort}/${protocol}`) ?? 0,
          protocol,
        })),
      }),
    }
  })
}

/** How those are that have a health check; undefined when none has. */
export function healthFrame(
  { now, random }: Pick<World, "now" | "random">,
  { tasks, containerInstanceArn }: AgentDisk,
  { runs }: Machine,
  cluster: string,
): string | undefined {
  const checked = [...tasks.values()].filter(
    ({ status, payload }) => status === "RUNNING" && payload.containers.some(({ healthCheckType }) => healthCheckType),
  )
  if (checked.length === 0) return undefined
  const seconds = now() / 1000
  return tcsFromAgent.encode("PublishHealthRequest", {
    timestamp: seconds,
    metadata: { cluster, containerInstance: containerInstanceArn!, fin: true, messageId: newUuid(random) },
    tasks: checked.map(({ payload: { arn, family, version, containers } }) => ({
      taskArn: arn,
      taskDefinitionFamily: family,
      taskDefinitionVersion: version,
      containers: containers.map(({ name }) => ({
        containerName: name,
        healthStatus: runs.get(arn)?.isSick ? ("UNHEALTHY" as const) : ("HEALTHY" as const),
        statusSince: seconds,
      })),
    })),
  })
}
