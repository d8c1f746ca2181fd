import { aContainer, aContainerRecord, aTaskRecord } from "../endpoints/testing.ts"
import type { LogDriver, LogLine, LogSink, LogTarget } from "./driver.ts"

export function aTarget(driver: string, options: LogTarget["options"] = {}): LogTarget {
  const task = aTaskRecord(undefined, {
    payload: {
      containers: [
        aContainer({
          logsAuthStrategy: "ExecutionRole",
          environment: { STAGE: "test", SECRET: "x" },
          dockerConfig: {
            config: '{"Labels":{"team":"shop"}}',
            hostConfig: JSON.stringify({ LogConfig: { Type: driver, Config: options } }),
          },
        }),
      ],
    },
    executionCredentialsId: "execution-1",
  })
  return { task, container: aContainerRecord(), driver, options }
}

export function aLine(text: string, at = Date.UTC(2026, 0, 1), line: Partial<LogLine> = {}): LogLine {
  return { stream: "stdout", bytes: new TextEncoder().encode(text), at, ...line }
}

/** A driver that keeps lines in memory, as durably and as fast as the test says. */
export class MemoryDriver implements LogDriver {
  readonly lines: string[] = []
  readonly removed: string[] = []

  /** Takes nothing more for good while it is set. */
  stuck = false
  #pending: (() => void)[] = []

  async prepare(): Promise<void> {}

  open(_target: LogTarget, taken: (count: number) => void): LogSink {
    let count = 0
    const waiting: (() => void)[] = []
    this.#pending = []
    return {
      write: ({ bytes, part }) => {
        const upTo = ++count
        const text = new TextDecoder().decode(bytes)
        const take = () => {
          this.lines.push(part === undefined || part.isLast ? text : `${text}…`)
          taken(upTo)
        }
        if (this.stuck) this.#pending.push(take)
        else take()
        return undefined
      },
      flush: () => (this.#pending.length === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
      close: () => {
        this.#pending = []
      },
    }
  }

  async remove({ container }: LogTarget): Promise<void> {
    this.removed.push(container.id)
  }
}
