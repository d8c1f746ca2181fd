import { LogRefusal, type LogTarget } from "../driver.ts"
import { checkOptions, readFlag } from "../options.ts"
import { compilePattern } from "../pattern.ts"
import { datetimePattern } from "./datetime.ts"

export interface AwslogsOptions {
  readonly group: string
  readonly stream: string
  readonly region: string | undefined
  readonly createGroup: boolean
  readonly createStream: boolean

  /** Matches the first line of an event; undefined makes every line one. */
  readonly firstLine: RegExp | undefined
}

/** Throws `LogRefusal` in the words of Docker's driver. */
export function readAwslogsOptions(target: LogTarget): AwslogsOptions {
  checkOptions(target, KNOWN)
  const { options } = target
  const group = options["awslogs-group"]
  if (!group) throw new LogRefusal("must specify a value for log opt 'awslogs-group'")
  return {
    group,
    stream: streamOf(target),
    region: options["awslogs-region"] || undefined,
    createGroup: readFlag("awslogs-create-group", options["awslogs-create-group"], false),
    createStream: readFlag("awslogs-create-stream", options["awslogs-create-stream"], true),
    firstLine: firstLineOf(options),
  }
}

function streamOf({ task, container, options }: LogTarget): string {
  const { "awslogs-stream": stream, "awslogs-stream-prefix": prefix } = options
  if (stream) return stream
  return prefix ? `${prefix}/${container.name}/${task.id}` : container.id
}

function firstLineOf({
  "awslogs-datetime-format": format,
  "awslogs-multiline-pattern": pattern,
}: LogTarget["options"]): RegExp | undefined {
  if (format && pattern) {
    throw new LogRefusal(
      "you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time",
    )
  }
  const source = format ? datetimePattern(format) : pattern
  if (!source) return undefined
  try {
    return compilePattern(source)
  } catch (error) {
    throw new LogRefusal(
      `awslogs could not parse multiline pattern key "${source}": ${error instanceof Error ? error.message : error}`,
    )
  }
}

const KNOWN = [
  "awslogs-group",
  "awslogs-region",
  "awslogs-stream",
  "awslogs-stream-prefix",
  "awslogs-create-group",
  "awslogs-create-stream",
  "awslogs-datetime-format",
  "awslogs-multiline-pattern",
]
