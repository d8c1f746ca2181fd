import type { Bench } from "./bench.ts"
import { startContender } from "./contender.ts"
import type { EchoTask } from "./echo-contender.ts"
import type { Figure } from "./figure.ts"
import { makeFolder } from "./folder.ts"
import { startHomeport } from "./homeport.ts"
import type { HttpResult, HttpSettings, HttpTask } from "./http-contender.ts"
import { inTurns, ratioOf, spreadOf } from "./measure.ts"

/** Signed API calls to a region process over HTTP, beside a bare server that answers the same requests with as much. */
export const frontDoorBench: Bench = async ({ seconds }) => {
  using folder = makeFolder()
  await using homeport = startHomeport("server", folder.path)
  const { port } = await homeport.ready()
  const settings: HttpSettings = { port, credentials: await homeport.credentials() }
  await using callers = await startContender<HttpTask, HttpResult>("./http-contender.ts", settings)
  await using echo = await startContender<EchoTask, number>("./echo-contender.ts", {})

  const figures: Figure[] = []
  for (const call of ["read", "write"] as const) {
    for (const connections of [1, 16, 64]) {
      const task = { call, connections, seconds }
      let bodyBytes = 0
      const measured = await inTurns(`API, ${call}, ${connections} at a time`, {
        async homeport() {
          const result = await callers.run({ ...task, port })
          bodyBytes = result.bodyBytes
          return result.rate
        },
        async echo() {
          const { rate } = await callers.run({ ...task, port: await echo.run({ bodyBytes }) })
          return rate
        },
      })
      figures.push({
        name: `signed ${OPERATIONS[call]}, ${connections === 1 ? "1 caller" : `${connections} callers`}`,
        unit: "/s",
        ours: spreadOf(measured.homeport),
        theirs: { name: "bare echo", spread: spreadOf(measured.echo) },
        ratio: ratioOf(measured.homeport, measured.echo),
        // A single caller waits for the disk, which an echo does not have.
        ...(call === "write" && connections > 1 && { target: { of: "ratio", atLeast: 0.2 } }),
      })
    }
  }
  return figures
}

const OPERATIONS = { read: "DescribeClusters", write: "UpdateCluster, durable" }
