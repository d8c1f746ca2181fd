import type { Credentials } from "../src/main/control.ts"
import { closedLoop, perSecond } from "./closed-loop.ts"
import { contend } from "./contender.ts"
import { HttpConnection } from "./http-connection.ts"
import { shuffledNumbers } from "./record.ts"
import { signedRequest } from "./signed-request.ts"

export interface HttpSettings {
  readonly port: number
  readonly credentials: Credentials
}

export type Call = "read" | "write"

export interface HttpTask {
  readonly call: Call
  readonly port: number
  readonly connections: number
  readonly seconds: number
}

export interface HttpResult {
  readonly rate: number

  /** What one answer is made of, so that an echo can give as much. */
  readonly bodyBytes: number
}

/**
 * Callers of the API, in a process of their own. Everything is signed beforehand, so that the callers' work does not
 * show in the figures; the servers that they call cannot tell.
 */
contend(async ({ port, credentials }: HttpSettings) => {
  const numbers = Array.from({ length: CLUSTERS }, (_, number) => number)
  const at = new Date()
  const sign = (operation: string, input: object) => signedRequest(operation, input, credentials, at)

  const setting = await HttpConnection.open(port)
  for (const number of numbers) expectAnswer(await setting.call(sign("CreateCluster", { clusterName: nameOf(number) })))
  setting.close()

  const requests = {
    read: numbers.map((number) => sign("DescribeClusters", { clusters: [nameOf(number)] })),
    write: numbers.map((number) => sign("UpdateCluster", { cluster: nameOf(number), settings: INSIGHTS })),
  }
  return async ({ call, port, connections, seconds }: HttpTask): Promise<HttpResult> => {
    const open = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(port)))
    const next = shuffledNumbers(CLUSTERS)
    let bodyBytes = 0
    const tally = await closedLoop({ callers: connections, seconds }, async (caller) => {
      const reply = await open[caller]!.call(requests[call][next()]!)
      expectAnswer(reply)
      bodyBytes = reply.body.length
    })
    for (const connection of open) connection.close()
    return { rate: perSecond(tally), bodyBytes }
  }
})

const CLUSTERS = 1_000
const INSIGHTS = [{ name: "containerInsights", value: "enabled" }]

function nameOf(number: number): string {
  return `bench-${String(number).padStart(4, "0")}`
}

function expectAnswer({ status, body }: { readonly status: number; readonly body: Buffer }): void {
  if (status !== 200) throw new Error(`the server answered ${status}: ${body}`)
}
