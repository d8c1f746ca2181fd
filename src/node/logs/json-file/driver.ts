import { posix } from "node:path"
import type { World } from "../../../world/world.ts"
import { BatchSink } from "../batch-sink.ts"
import { type LogDriver, LogRefusal, type LogSink, type LogTarget } from "../driver.ts"
import { checkOptions, readCount, readFlag, readSize } from "../options.ts"
import { attributesOf } from "../tag.ts"
import { jsonLine } from "./format.ts"
import { RotatingFile, type Rotation } from "./rotating-file.ts"

/** Keeps lines in files on this machine, in a folder for each container, as Docker does by default. */
export class JsonFileDriver implements LogDriver {
  readonly #world: World
  readonly #folder: string

  constructor(world: World, folder: string) {
    this.#world = world
    this.#folder = folder
  }

  async prepare(target: LogTarget): Promise<void> {
    rotationOf(target)
    attributesOf(target)
  }

  open(target: LogTarget, taken: (count: number) => void): LogSink {
    const file = this.#file(target)
    const attributes = attributesOf(target)
    return new BatchSink({
      world: this.#world,
      target,
      taken,
      deliver: (lines) => file.append(lines.map((line) => jsonLine(line, attributes))),
      reset: () => file.close(),
    })
  }

  async remove(target: LogTarget): Promise<void> {
    await this.#file(target).remove()
  }

  #file(target: LogTarget): RotatingFile {
    const { id } = target.container
    return new RotatingFile(posix.join(this.#folder, id, `${id}-json.log`), rotationOf(target))
  }
}

function rotationOf(target: LogTarget): Rotation {
  checkOptions(target, KNOWN)
  const { "max-size": size, "max-file": count, compress } = target.options
  const fileCountMax = readCount("max-file", count, 1)
  if (fileCountMax > 1 && size === undefined) throw new LogRefusal("max-file cannot be used without max-size")
  const isCompressed = readFlag("compress", compress, false)
  if (isCompressed && fileCountMax < 2)
    throw new LogRefusal("compress cannot be true when max-file is less than 2 or max-size is not set")
  return {
    sizeMax: size === undefined || size === "-1" ? undefined : readSize("max-size", size),
    fileCountMax,
    compress: isCompressed,
  }
}

const KNOWN = ["max-size", "max-file", "compress", "labels", "labels-regex", "env", "env-regex", "tag"]
