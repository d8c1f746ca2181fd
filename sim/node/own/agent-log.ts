import { type Fields, type Log, silentLog } from "../../../src/world/log.ts"
import type { HostSurroundings } from "../host.ts"

/** Goes into the transcript; what the agent calls an error is one of its own, so it goes against an invariant. */
export function agentLog(name: string, { transcript, found }: Pick<HostSurroundings, "transcript" | "found">): Log {
  const say = (message: string, fields: Fields = {}) => transcript.say(name, `${message} ${told(fields)}`)
  return {
    ...silentLog,
    warn: say,
    error(message, fields = {}) {
      say(message, fields)
      if (!OF_THE_WORLD.includes(message)) found("the agent makes no mistakes", `${name}: ${message} ${told(fields)}`)
    },
    with: () => agentLog(name, { transcript, found }),
  }
}

function told(fields: Fields): string {
  return JSON.stringify(fields, (_, value) => (value instanceof Error ? String(value) : value))
}

/** What somebody else has to see to. */
const OF_THE_WORLD = ["the region refuses this instance"]
