import type { ContainerRecord, TaskRecord } from "../agent/records.ts"

/** A way to keep what containers write. One driver serves all containers that name it. */
export interface LogDriver {
  /** Throws `LogRefusal` for options that cannot work; makes what has to be there before the first line. */
  prepare(target: LogTarget): Promise<void>

  /**
   * Undefined when nobody wants the log. `taken` is told how many lines, of all that were written to the sink, are kept
   * where they shall be, so that their room on this machine can be given back.
   */
  open(target: LogTarget, taken: (count: number) => void): LogSink | undefined

  /** The container is about to be removed; what belongs to it alone goes with it. */
  remove?(target: LogTarget): Promise<void>
}

/** Of whom the log is, and what its owner asked for. */
export interface LogTarget {
  readonly task: TaskRecord
  readonly container: ContainerRecord
  readonly driver: string
  readonly options: Readonly<Record<string, string>>
}

export interface LogSink {
  /** Nothing more is written until it resolves, when it gives a promise. */
  write(line: LogLine): Promise<void> | undefined

  /** Resolves when all that was written is taken; to be called when no more comes. */
  flush(): Promise<void>

  /** Lets go of what was not taken. */
  close(): void
}

export interface LogLine {
  readonly stream: "stdout" | "stderr"

  /** Without what ends the line. */
  readonly bytes: Uint8Array

  /** In milliseconds. */
  readonly at: number

  /** Of a line that is longer than one piece. */
  readonly part?: LinePart
}

export interface LinePart {
  readonly id: string
  readonly ordinal: number
  readonly isLast: boolean
}

/** A log that cannot be kept as it was asked for, in words for the task's owner. */
export class LogRefusal extends Error {
  override readonly name = "LogRefusal"
}
