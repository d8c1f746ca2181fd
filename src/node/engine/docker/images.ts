import { Readable } from "node:stream"
import type { World } from "../../../world/world.ts"
import { inRegion } from "../../registry/ecr.ts"
import { familiarReference, parseReference, type Reference } from "../../registry/reference.ts"
import { retrying, TryFailed } from "../../registry/retry.ts"
import { EngineError, type EngineErrorKind } from "../engine-error.ts"
import type { Image, ImageHealthCheck, Images, Login, PullOptions, PullProgress } from "../image.ts"
import { chunksOf, type Daemon, unlessGone } from "./daemon.ts"
import { linesOfJson } from "./json-lines.ts"

/** A registry is asked as often as where we ask it ourselves: Docker asks for a manifest only once. */
export function dockerImages(daemon: Pick<Daemon, "ask" | "stream">, world: World): Images {
  async function inspect(name: string): Promise<Image | undefined> {
    const found = await daemon.ask<Inspected>("GET", `/images/${name}/json`).catch(unlessGone)
    return found && imageOf(found)
  }

  async function bring(text: string, { login, digest, signal, progress }: PullOptions): Promise<Image> {
    const asked = parseReference(text)
    const reference = reachable(asked, login)
    const name = nameOf(reference)
    const tag = digest ?? reference.digest ?? reference.tag!
    const stream = await daemon
      .stream("POST", "/images/create", { query: { fromImage: name, tag }, headers: authorization(login), signal })
      .catch(refused)
    const total = new Progress(progress)
    for await (const line of linesOfJson<PullLine>(chunksOf(stream), signal)) {
      if (line.error !== undefined) throw pullError(line.error)
      total.hear(line)
    }
    const image = await inspect(tag.includes(":") ? `${name}@${tag}` : `${name}:${tag}`)
    if (image === undefined) throw new EngineError("registry failed", `The image ${text} is not there after its pull.`)
    if (reference !== asked) return renamed(image, asked)
    if (digest === undefined || reference.tag === undefined) return image
    // Asked for by its digest it comes without the tag, which stands for it now.
    await daemon.ask("POST", `/images/${image.id}/tag`, { query: { repo: name, tag: reference.tag } })
    return (await inspect(image.id))!
  }

  /** An image that was brought from where the region has it goes by the name that it has in task definitions. */
  async function renamed({ id }: Image, asked: Reference): Promise<Image> {
    const tag = asked.tag ?? asked.digest!.slice("sha256:".length)
    await daemon.ask("POST", `/images/${id}/tag`, { query: { repo: nameOf(asked), tag } })
    return (await inspect(id))!
  }

  async function lookUp(text: string, login: Login | undefined, signal: AbortSignal): Promise<string> {
    const name = familiarReference(reachable(parseReference(text), login))
    const headers = authorization(login)
    const answer = await daemon
      .ask<{ Descriptor: { digest: string } }>("GET", `/distribution/${name}/json`, { headers, signal })
      .catch(refused)
    return answer.Descriptor.digest
  }

  function again<Result>(signal: AbortSignal, turn: () => Promise<Result>, triesMax?: number): Promise<Result> {
    return retrying(world, "pull image manifest", signal, () => turn().catch(tryFailed), triesMax)
  }

  return {
    resolve: (text, login, signal, triesMax) => again(signal, () => lookUp(text, login, signal), triesMax),

    // Docker itself lets several pulls of one image share the work.
    pull: (text, options) => again(options.signal, () => bring(text, options)),

    get: (text) => inspect(familiarReference(parseReference(text))),

    async list() {
      const found = await daemon.ask<readonly { Id: string }[]>("GET", "/images/json")
      const images = await Promise.all(found.map(({ Id }) => inspect(Id)))
      return images.filter((image) => image !== undefined)
    },

    async remove(id) {
      const image = await inspect(id)
      if (image === undefined) return
      const used = await daemon.ask<readonly object[]>("GET", "/containers/json", {
        query: { all: true, filters: JSON.stringify({ ancestor: [id] }) },
      })
      if (used.length > 0) throw new EngineError("invalid", `The image ${id} is in use by a container.`)
      // By force: one with several references is otherwise not taken away by its id.
      await daemon.ask("DELETE", `/images/${id}`, { query: { force: true } }).catch(unlessGone)
    },

    async importTar(tar) {
      const stream = await daemon.stream("POST", "/images/load", { body: Readable.from(tar), query: { quiet: true } })
      const references: string[] = []
      for await (const { stream: said = "", error } of linesOfJson<LoadLine>(chunksOf(stream))) {
        if (error !== undefined) throw new EngineError("invalid", error)
        const reference = /Loaded image: (\S+)/.exec(said)?.[1]
        if (reference !== undefined) references.push(reference)
      }
      return references
    },
  }
}

/** Adds up what Docker tells layer by layer. */
class Progress {
  readonly #layers = new Map<string, PullProgress>()
  readonly #told: PullOptions["progress"]

  constructor(told: PullOptions["progress"]) {
    this.#told = told
  }

  hear({ id, status, progressDetail: { current, total } = {} }: PullLine): void {
    if (id === undefined) return
    const known = this.#layers.get(id)
    if (status === "Downloading" && current !== undefined && total !== undefined) {
      this.#layers.set(id, { bytesDone: current, bytesTotal: total })
    } else if (status === "Download complete" && known !== undefined) {
      this.#layers.set(id, { ...known, bytesDone: known.bytesTotal })
    } else return
    const layers = [...this.#layers.values()]
    this.#told?.({
      bytesDone: layers.reduce((sum, { bytesDone }) => sum + bytesDone, 0),
      bytesTotal: layers.reduce((sum, { bytesTotal }) => sum + bytesTotal, 0),
    })
  }
}

/** Docker knows no way to a registry but its name, so an image of a region is asked for at the region's address. */
function reachable(reference: Reference, login: Login | undefined): Reference {
  const repository = login?.via && inRegion(reference)
  return repository === undefined ? reference : { ...reference, host: new URL(login!.via!.endpoint).host, repository }
}

function refused(error: unknown): never {
  if (error instanceof EngineError && error.kind !== "unavailable") throw pullError(error.message)
  throw error
}

/** What a registry has to do with; anything else is this machine's, and asking again is left to who asked. */
function tryFailed(error: unknown): never {
  if (!(error instanceof EngineError) || !OF_REGISTRIES.includes(error.kind)) throw error
  throw new TryFailed(error.kind, error.message)
}

const OF_REGISTRIES: readonly EngineErrorKind[] = ["image not found", "registry refused", "registry failed"]

/** Docker says what a registry answered in words alone. */
function pullError(message: string): EngineError {
  if (/manifest unknown|not found|no such image|name unknown/i.test(message))
    return new EngineError("image not found", message)
  if (/unauthorized|denied|authentication required|no basic auth|forbidden/i.test(message)) {
    return new EngineError("registry refused", message)
  }
  if (/no space left|invalid reference|no matching manifest/i.test(message)) {
    return new EngineError(/no space/i.test(message) ? "machine" : "invalid", message)
  }
  return new EngineError("registry failed", message)
}

function authorization(login: Login | undefined): Readonly<Record<string, string>> {
  const { username, password } = login ?? {}
  const text = Buffer.from(JSON.stringify({ username, password })).toString("base64url")
  // Docker 20.10 does not read it without its padding.
  return { "x-registry-auth": text.padEnd(Math.ceil(text.length / 4) * 4, "=") }
}

/** Without tag or digest. */
function nameOf({ host, repository }: Reference): string {
  return familiarReference({ host, repository, tag: "latest" }).replace(/:latest$/, "")
}

function imageOf(found: Inspected): Image {
  const config = found.Config ?? {}
  return {
    id: found.Id,
    references: found.RepoTags ?? [],
    repositoryDigests: found.RepoDigests ?? [],
    bytes: found.Size,
    config: {
      entryPoint: config.Entrypoint ?? [],
      command: config.Cmd ?? [],
      environment: config.Env ?? [],
      workingDirectory: config.WorkingDir ?? "",
      user: config.User ?? "",
      stopSignal: config.StopSignal ?? "",
      volumes: Object.keys(config.Volumes ?? {}),
      labels: config.Labels ?? {},
      ...(config.Healthcheck == null ? {} : { healthCheck: config.Healthcheck }),
    },
  }
}

interface Inspected {
  readonly Id: string
  readonly RepoTags: readonly string[] | null
  readonly RepoDigests: readonly string[] | null
  readonly Size: number
  readonly Config?: {
    readonly Entrypoint?: readonly string[] | null
    readonly Cmd?: readonly string[] | null
    readonly Env?: readonly string[] | null
    readonly WorkingDir?: string
    readonly User?: string
    readonly StopSignal?: string
    readonly Volumes?: Readonly<Record<string, object>> | null
    readonly Labels?: Readonly<Record<string, string>> | null
    readonly Healthcheck?: ImageHealthCheck | null
  } | null
}

interface PullLine {
  readonly id?: string
  readonly status?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
  readonly error?: string
}

interface LoadLine {
  readonly stream?: string
  readonly error?: string
}
