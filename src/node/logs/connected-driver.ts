import type { World } from "../../world/world.ts"
import { within } from "../agent/task/patience.ts"
import { BatchSink } from "./batch-sink.ts"
import type { LogConnection } from "./connection.ts"
import { type LogDriver, type LogLine, LogRefusal, type LogTarget } from "./driver.ts"

/** How one container's lines are sent to where its options say. */
export interface LogRoute {
  readonly connection: LogConnection

  /** Whether a container may not start while nobody is there to hear it. */
  readonly mustConnect: boolean
  encode(line: LogLine): readonly Uint8Array[]
}

/** A driver that sends each line over a connection; what differs is the route that its options give. */
export function connectedDriver(world: World, routeOf: (target: LogTarget) => LogRoute): LogDriver {
  return {
    async prepare(target) {
      const { connection, mustConnect } = routeOf(target)
      if (!mustConnect) return
      try {
        if ((await within(world, CONNECT_MS_MAX, connection.open())) === "late") throw new Error("no answer in time")
      } catch (error) {
        throw new LogRefusal(error instanceof Error ? error.message : String(error), { cause: error })
      } finally {
        await connection.close()
      }
    },
    open(target, taken) {
      const { connection, encode } = routeOf(target)
      return new BatchSink({
        world,
        target,
        taken,
        deliver: (lines) => connection.send(lines.flatMap((line) => encode(line))),
        reset: () => connection.close(),
      })
    },
  }
}

/** Who takes a connection and then says nothing must not keep a container from starting, or from failing to. */
const CONNECT_MS_MAX = 10_000
