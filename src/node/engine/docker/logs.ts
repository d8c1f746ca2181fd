import { EngineError } from "../engine-error.ts"
import type { LogChunk, LogPosition, LogSource } from "../log-source.ts"
import type { Containers } from "./containers.ts"
import { chunksOf, type Daemon, unlessGone } from "./daemon.ts"
import type { Events } from "./events.ts"
import { formatPlace, type Message, messagesOf, type Place, parsePlace } from "./messages.ts"

/**
 * A container's log as Docker keeps it: `json-file`, turned over at the size that the container was made with, which is
 * also what bounds it: there is nothing to release.
 */
export function dockerLogs(daemon: Daemon, containers: Containers, events: Events, id: string): LogSource {
  async function* read(from: LogPosition | undefined, signal: AbortSignal): AsyncGenerator<LogChunk> {
    let place = from === undefined ? undefined : parsePlace(from)
    while (!signal.aborted) {
      const looked = new AbortController()
      // Listened for before the look, so that nothing falls between the two.
      const happened = events.next(id, AbortSignal.any([signal, looked.signal]))
      try {
        const container = await containers.inspected(id)
        if (container === undefined) return
        const { Status } = container.State
        let foundSome = false
        for await (const message of messages(place, container.Config.Tty, Status === "running", signal)) {
          const { stream, bytes, at, lostBytes } = message
          foundSome = true
          place = message.place
          yield { stream, bytes, at, next: formatPlace(place), lostBytes }
        }
        if (foundSome || Status === "running") continue
        if (Status !== "created") return
        await happened
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof EngineError) || error.kind !== "unavailable") throw error
        // Docker is away; the container and its log are not. When Docker is back the events say so.
        await happened
      } finally {
        looked.abort()
      }
    }
  }

  async function* messages(
    from: Place | undefined,
    terminal: boolean,
    follow: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<Message> {
    const since = from === undefined ? {} : { since: `${from.seconds - OVERLAP_SECONDS}.${from.nanoseconds}` }
    const query = { stdout: true, stderr: true, timestamps: true, follow, ...since }
    const stream = await daemon.stream("GET", containers.path(id, "/logs"), { query, signal }).catch(unlessGone)
    if (stream !== undefined) yield* messagesOf(chunksOf(stream), terminal, from)
  }

  return { read, release: async () => {} }
}

/** Both streams take their time before they are written, so the file's order is not exactly that of the times. */
const OVERLAP_SECONDS = 1
