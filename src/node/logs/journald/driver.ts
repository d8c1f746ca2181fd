import type { World } from "../../../world/world.ts"
import { connectedDriver } from "../connected-driver.ts"
import type { LogConnection } from "../connection.ts"
import type { LogDriver, LogLine, LogTarget } from "../driver.ts"
import { checkOptions } from "../options.ts"
import { askedFor, attributesOf, tagOf } from "../tag.ts"
import { entryOf, fieldName } from "./entry.ts"

/** Writes lines to the machine's journal, with the fields that Docker gives them: `journalctl CONTAINER_NAME=…` finds them. */
export function journaldDriver(world: World, connect: () => LogConnection): LogDriver {
  return connectedDriver(world, (target) => {
    checkOptions(target, KNOWN)
    const always = fieldsOf(target)
    return {
      connection: connect(),
      mustConnect: true,
      encode: (line) => [entryOf([...always, ...fieldsOfLine(line)], line.bytes)],
    }
  })
}

function fieldsOf(target: LogTarget): readonly Field[] {
  const { container } = target
  const { tag: _, ...attributes } = attributesOf(target) ?? {}
  const tag = tagOf(target)
  return [
    ["CONTAINER_ID", container.id.slice(0, SHORT_ID_LENGTH)],
    ["CONTAINER_ID_FULL", container.id],
    ["CONTAINER_NAME", container.runtimeName],
    ["CONTAINER_TAG", tag],
    ["IMAGE_NAME", askedFor(target)?.image ?? ""],
    ["SYSLOG_IDENTIFIER", tag],
    ...Object.entries(attributes).flatMap(([name, value]): Field[] => {
      const allowed = fieldName(name)
      return allowed === "" ? [] : [[allowed, value]]
    }),
  ]
}

function fieldsOfLine({ stream, at, part }: LogLine): readonly Field[] {
  const partial: Field[] =
    part === undefined
      ? []
      : [
          ["CONTAINER_PARTIAL_MESSAGE", "true"],
          ["CONTAINER_PARTIAL_ID", part.id],
          ["CONTAINER_PARTIAL_ORDINAL", String(part.ordinal)],
          ["CONTAINER_PARTIAL_LAST", String(part.isLast)],
        ]
  return [["PRIORITY", stream === "stderr" ? "3" : "6"], ["SYSLOG_TIMESTAMP", new Date(at).toISOString()], ...partial]
}

type Field = readonly [name: string, value: string]

const SHORT_ID_LENGTH = 12
const KNOWN = ["tag", "labels", "labels-regex", "env", "env-regex"]
