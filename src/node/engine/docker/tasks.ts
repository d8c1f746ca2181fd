import type { Cgroups } from "../../linux/host.ts"
import type { TaskSpec } from "../engine.ts"
import { EngineError } from "../engine-error.ts"

/** The cgroup that a task's containers share, where this machine's cgroups are the ones that Docker uses. */
export class TaskCgroups {
  readonly #cgroups: Cgroups | undefined

  readonly #root: string

  constructor(cgroups: Cgroups | undefined, root: string) {
    this.#cgroups = cgroups
    this.#root = root
  }

  get able(): boolean {
    return this.#cgroups !== undefined
  }

  async create({ instance, id, cpu, memory, pidsMax, sharesPids, sharesIpc }: TaskSpec): Promise<void> {
    if (sharesPids || sharesIpc) {
      throw new EngineError("invalid", "Docker's containers cannot share processes or memory in a task.")
    }
    if (this.#cgroups === undefined) return
    const path = this.#path(instance, id)
    await this.#cgroups.create(path, {
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memory }),
      ...(pidsMax === undefined ? {} : { pidsMax }),
    })
  }

  /** For Docker's containers of the task. */
  parent(instance: string, id: string): string | undefined {
    return this.#cgroups === undefined ? undefined : this.#path(instance, id)
  }

  async remove(instance: string, id: string): Promise<void> {
    await this.#cgroups?.remove(this.#path(instance, id))
  }

  /** No cgroup of the instance in between, which would have to go with its last task. */
  #path(instance: string, id: string): string {
    return `${this.#root}/${instance}.${id}`
  }
}
