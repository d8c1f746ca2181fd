import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync } from "node:fs"
import { promisify } from "node:util"
import { readRecord, writeRecord } from "../../../linux/record-file.ts"
import type { VolumeSpec, Volumes } from "../../engine.ts"
import { EngineError } from "../../engine-error.ts"
import type { Layers } from "../layers.ts"
import type { Places, VolumePlace } from "../places.ts"
import { Turns } from "../turns.ts"
import { fillFromImage } from "./fill.ts"

interface VolumeRecord {
  readonly spec: VolumeSpec

  /** It has got what the first image that used it has at its target. */
  readonly filled: boolean
}

/**
 * Docker's `local` driver: a volume is a folder, or what its options `type`, `o` and `device` say is mounted there as
 * long as the volume is.
 */
export class LocalVolumes implements Volumes {
  readonly #places: Places
  readonly #turns = new Turns()

  constructor(places: Places) {
    this.#places = places
  }

  async create(spec: VolumeSpec): Promise<void> {
    if (spec.driver !== "local" && spec.driver !== "") {
      throw new EngineError("invalid", `error looking up volume plugin ${spec.driver}: plugin not found`)
    }
    const unknown = Object.keys(spec.driverOptions).find((name) => !["type", "o", "device"].includes(name))
    if (unknown !== undefined) throw new EngineError("invalid", `invalid option: "${unknown}"`)
    await this.#turns.take(spec.name, async () => {
      const place = this.#places.volume(spec.name)
      if (readRecord(place.record) !== undefined) return
      mkdirSync(place.data, { recursive: true })
      writeRecord(place.record, { spec, filled: false } satisfies VolumeRecord)
    })
  }

  async inspect(name: string): Promise<VolumeSpec | undefined> {
    return readRecord<VolumeRecord>(this.#places.volume(name).record)?.spec
  }

  remove(name: string): Promise<void> {
    return this.#turns.take(name, async () => {
      const place = this.#places.volume(name)
      const mounts = readRecord<VolumeRecord>(place.record)?.spec.driverOptions.device !== undefined
      if (isMounted(place.data)) await run("umount", place.data)
      // What was mounted belongs to somebody else: never delete through it.
      if (mounts && existsSync(place.data)) rmdirSync(place.data)
      rmSync(place.folder, { recursive: true, force: true })
    })
  }

  /** What is mounted for them may be gone since the machine was started again. */
  async mount(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const place = this.#places.volume(name)
      const spec = readRecord<VolumeRecord>(place.record)?.spec
      if (spec?.driverOptions.device !== undefined) await this.#turns.take(name, () => mountVolume(spec, place))
    }
  }

  /** Where it is on the machine, ready for use. One that nobody has made is made, as Docker does it. */
  async use(name: string, target: string, layers: Layers): Promise<string> {
    await this.create({ name, driver: "local", driverOptions: {}, labels: {} })
    return this.#turns.take(name, async () => {
      const place = this.#places.volume(name)
      const { spec, filled } = readRecord<VolumeRecord>(place.record)!
      await mountVolume(spec, place)
      // A volume that leads elsewhere has what it has.
      if (!filled && spec.driverOptions.device === undefined) {
        await fillFromImage(layers, target, place.data)
        writeRecord(place.record, { spec, filled: true } satisfies VolumeRecord)
      }
      return place.data
    })
  }
}

async function mountVolume({ name, driverOptions }: VolumeSpec, { data }: VolumePlace): Promise<void> {
  const { type, o, device } = driverOptions
  if (device === undefined || isMounted(data)) return
  try {
    await run("mount", ...(type === undefined ? [] : ["-t", type]), ...(o === undefined ? [] : ["-o", o]), device, data)
  } catch (error) {
    const reason = (error as { stderr?: string }).stderr?.trim() || (error as Error).message
    throw new EngineError("machine", `failed to mount local volume ${name}: ${reason}`, { cause: error })
  }
}

function isMounted(folder: string): boolean {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .some((line) => line.split(" ")[4] === folder)
}

async function run(program: string, ...words: readonly string[]): Promise<void> {
  await promisify(execFile)(program, words, { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } })
}
