import { lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs"
import { join } from "node:path"
import type { ContainerdMount } from "./services.ts"

/**
 * The file system of an image or a container as its layers lie on the disk, read without mounting anything. Links are
 * followed inside of it, never to the machine's own files.
 */
export class Layers {
  /** The uppermost first. */
  readonly folders: readonly string[]

  constructor(mounts: readonly ContainerdMount[], options: { readonly withUpper: boolean }) {
    this.folders = mounts.flatMap(({ type, source, options: words }) => {
      if (type !== "overlay") return [source]
      const of = (name: string) =>
        words.filter((word) => word.startsWith(`${name}=`)).map((word) => word.slice(name.length + 1))
      return [...(options.withUpper ? of("upperdir") : []), ...of("lowerdir").flatMap((lower) => lower.split(":"))]
    })
  }

  /** Empty when there is no such file, or one that is too large to be what is looked for. */
  read(path: string): string {
    const place = this.find(path)
    return place?.stats.isFile() && place.stats.size <= FILE_SIZE_MAX ? readFileSync(place.path, "utf8") : ""
  }

  /** Where a path leads; undefined when nothing is there. */
  find(path: string): Found | undefined {
    const waiting = path.split("/").filter((part) => part !== "" && part !== ".")
    let links = 0
    let at: string[] = []
    let found = this.#look(at)
    while (found !== undefined && waiting.length > 0) {
      const part = waiting.shift()!
      const next = part === ".." ? at.slice(0, -1) : [...at, part]
      found = this.#look(next)
      if (!found?.stats.isSymbolicLink()) {
        at = next
        continue
      }
      links += 1
      if (links > LINKS_MAX) return undefined
      const target = readlinkSync(found.path)
      if (target.startsWith("/")) at = []
      waiting.unshift(...target.split("/").filter((piece) => piece !== "" && piece !== "."))
      found = this.#look(at)
    }
    return found
  }

  /** The parts are no links, but for the last. */
  #look(parts: readonly string[]): Found | undefined {
    for (const folder of this.folders) {
      const state = lookIn(folder, parts)
      if (state === "hidden") return undefined
      if (state !== "absent") return { ...state, inside: `/${parts.join("/")}` }
    }
    return undefined
  }
}

export interface Found {
  /** On the machine, in the uppermost layer that has it. */
  readonly path: string

  /** In the image, without links. */
  readonly inside: string
  readonly stats: Stats
}

/** In one layer: there, not there, or hiding what lower layers have. */
function lookIn(folder: string, parts: readonly string[]): Omit<Found, "inside"> | "absent" | "hidden" {
  let path = folder
  for (const [index, part] of ["", ...parts].entries()) {
    path = join(path, part)
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return "absent"
    if (stats.isCharacterDevice() && stats.rdev === 0) return "hidden"
    if (index === parts.length) return { path, stats }
    if (!stats.isDirectory()) return "hidden"
  }
  return "absent"
}

const LINKS_MAX = 40
const FILE_SIZE_MAX = 4 * 2 ** 20
