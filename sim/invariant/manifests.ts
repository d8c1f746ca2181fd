import { acsFromRegion } from "../../src/wire/acs.ts"

/** Holds the numbers of all manifests that leave the region: an agent drops one that is not above all it has seen. */
export class Manifests {
  static readonly invariant = "the number of a manifest is never used again"
  readonly #newest = new Map<string, number>()
  readonly #breach: (what: string) => void

  constructor(breach: (what: string) => void) {
    this.#breach = breach
  }

  sent(frame: string): void {
    if (!frame.includes("TaskManifestMessage")) return
    const heard = acsFromRegion.decode(frame)
    if (heard?.type !== "TaskManifestMessage") return
    const { containerInstanceArn, timeline } = heard.message
    const newest = this.#newest.get(containerInstanceArn) ?? 0
    if (timeline <= newest) this.#breach(`manifest ${timeline} of ${containerInstanceArn} comes after ${newest}`)
    this.#newest.set(containerInstanceArn, timeline)
  }
}
