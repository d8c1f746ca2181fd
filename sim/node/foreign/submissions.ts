import { sleep } from "../../../src/world/world.ts"
import type { Api, Input } from "../../api.ts"
import type { ProcessWorld } from "../../process-world.ts"

type Submission = Input<"SubmitTaskStateChange">

/** Hears whether what was reported was taken. */
type Done = (isTaken: boolean) => void

/**
 * What an agent has yet to report: of each task one after the other, each until it is taken or refused for good. As with
 * the real agent, nothing but InvalidParameterException counts as refused.
 */
export class Submissions {
  readonly #world: ProcessWorld
  readonly #api: Api
  readonly #lines = new Map<string, { readonly submission: Submission; readonly done: Done }[]>()

  constructor(world: ProcessWorld, api: Api) {
    this.#world = world
    this.#api = api
  }

  get waiting(): number {
    return this.#lines.size
  }

  add(submission: Submission, done: Done): void {
    const { task } = submission
    const line = this.#lines.get(task!)
    if (line !== undefined) {
      line.push({ submission, done })
      return
    }
    this.#lines.set(task!, [{ submission, done }])
    void this.#work(task!)
  }

  async #work(task: string): Promise<void> {
    const line = this.#lines.get(task)!
    for (let failures = 0; line.length > 0; ) {
      const { submission, done } = line[0]!
      const answer = await this.#api.call("SubmitTaskStateChange", submission)
      if (this.#world.isOver) return
      const isRefused = answer.ok === false && answer.error === "InvalidParameterException"
      if (answer.ok === true || isRefused) {
        failures = 0
        line.shift()
        done(!isRefused)
        continue
      }
      failures += 1
      await sleep(this.#world, Math.min(RETRY_MS * 1.3 ** failures, RETRY_MS_MAX))
    }
    this.#lines.delete(task)
  }
}

const RETRY_MS = 1_000
const RETRY_MS_MAX = 30_000
