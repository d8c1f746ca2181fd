import type { Credentials } from "../../../wire/task.ts"
import type { Login } from "../../engine/image.ts"
import type { TaskRecord } from "../records.ts"
import { definitionOf } from "./part-of-task.ts"
import type { Parts } from "./parts.ts"
import { Failure, type ReasonName } from "./reasons.ts"
import type { Variables } from "./surroundings.ts"

/** What a task definition names and somebody else keeps, asked for with the task's execution role. */
export class AskedValues {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async login(task: TaskRecord, name: string): Promise<Login | undefined> {
    const { registryAuthentication: authentication } = definitionOf(task, name)
    if (authentication === undefined) return undefined
    const failure: ReasonName =
      authentication.type === "ecr" ? "CannotPullECRContainerError" : "CannotPullContainerAuthError"
    return await this.#ask(failure, "container", "unable to get the registry's password", async (resolver) =>
      resolver.login(authentication, await this.#executionCredentials(task)),
    )
  }

  async variables(task: TaskRecord, name: string): Promise<{ secrets: Variables; files: Variables }> {
    const { secrets = [], environmentFiles = [] } = definitionOf(task, name)
    const isSecret = secrets.some(({ target }) => target === "CONTAINER")
    const ask = (what: string, of: (credentials: Credentials | undefined) => Promise<Variables> | undefined) =>
      this.#ask(
        "ResourceInitializationError",
        "task",
        what,
        async () => of(await this.#executionCredentials(task)) ?? {},
      )
    const { resolver } = this.#parts
    const [ofSecrets, ofFiles] = await Promise.all([
      isSecret ? ask("unable to pull secrets or registry auth", (with_) => resolver?.secrets(task, name, with_)) : {},
      environmentFiles.length > 0
        ? ask("failed to download env files", (with_) => resolver?.environmentFiles(task, name, with_))
        : {},
    ])
    return { secrets: ofSecrets, files: ofFiles }
  }

  /** What fails is the owner's to see, whatever it was. */
  async #ask<T>(
    name: ReasonName,
    ends: "task" | "container",
    what: string,
    question: (resolver: NonNullable<Parts["resolver"]>) => Promise<T>,
  ): Promise<T> {
    const { resolver } = this.#parts
    if (resolver === undefined) throw new Failure(ends, name, `${what}: this node has nobody to ask`)
    try {
      return await question(resolver)
    } catch (error) {
      throw new Failure(ends, name, `${what}: ${(error as Error).message}`, { cause: error })
    }
  }

  #executionCredentials(task: TaskRecord): Promise<Credentials | undefined> {
    return this.#parts.credentials.await(task.executionCredentialsId)
  }
}
