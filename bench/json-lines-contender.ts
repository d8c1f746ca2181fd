import { fdatasyncSync, openSync, writeSync } from "node:fs"
import { closedLoop, perSecond } from "./closed-loop.ts"
import { contend } from "./contender.ts"
import { aMessage, EVENTS_PER_BATCH, type LogLoad, type LogRates } from "./logs-record.ts"

/** What one would write by hand: a line of JSON for each event, and an fsync for each batch; nothing finds them again. */
contend(async ({ file }: { readonly file: string }) => {
  const fd = openSync(file, "a")
  let number = 0

  return async ({ seconds }: LogLoad): Promise<LogRates> => {
    const cpu = process.cpuUsage()
    const tally = await closedLoop({ callers: 1, seconds }, async () => {
      const time = Date.now()
      let lines = ""
      for (let count = 0; count < EVENTS_PER_BATCH; count++) {
        lines += `${JSON.stringify({ time, stream: "stream", message: aMessage(number++) })}\n`
      }
      writeSync(fd, lines)
      fdatasyncSync(fd)
    })
    const { user, system } = process.cpuUsage(cpu)
    const events = tally.calls * EVENTS_PER_BATCH
    return { rate: perSecond(tally) * EVENTS_PER_BATCH, ratePerCore: events / ((user + system) / 1e6) }
  }
})
