import { type Face, ZONE } from "./face.ts"

/** Tells instances apart by the attributes over which tasks are spread. */
export class Partition {
  readonly attributes: readonly string[]
  readonly #paths = new WeakMap<Face, readonly string[]>()

  constructor(attributes: readonly string[]) {
    this.attributes = attributes
  }

  get startsWithZone(): boolean {
    return this.attributes[0] === ZONE
  }

  /**
   * For each attribute what an instance's values are so far: those that agree in the first attribute share the first
   * path, those that also agree in the second the second. To lack an attribute counts as a value of its own.
   */
  pathsOf(face: Face): readonly string[] {
    let paths = this.#paths.get(face)
    if (paths === undefined) {
      let path = ""
      paths = this.attributes.map((name) => {
        const value = face.attributes.get(name)
        path += `${value === undefined ? "" : `=${value}`}\n`
        return path
      })
      this.#paths.set(face, paths)
    }
    return paths
  }
}
