import { EngineError } from "../engine/engine-error.ts"

/** Which image is meant, in full: `nginx` is `docker.io/library/nginx:latest`. */
export interface Reference {
  /** With its port, as in `docker.io` or `127.0.0.1:5000`. */
  readonly host: string

  /** As in `library/nginx`. */
  readonly repository: string

  /** One of both is there; where both were written the digest says which image, and the tag says nothing. */
  readonly tag?: string
  readonly digest?: string
}

/** Reads a reference as Docker does, with Docker's defaults. Throws `EngineError` "invalid". */
export function parseReference(text: string): Reference {
  const { name, tag, digest } = /^(?<name>[^@]*?)(?::(?<tag>[^:/@]*))?(?:@(?<digest>.*))?$/s.exec(text)?.groups ?? {}
  if (!name || name.length > NAME_LENGTH_MAX) throw invalid(text)

  const slash = name.indexOf("/")
  const first = slash === -1 ? "" : name.slice(0, slash)
  const hasHost = isHost(first)
  const host = hasHost ? (first === "index.docker.io" ? DOCKER_HUB : first) : DOCKER_HUB
  const path = hasHost ? name.slice(slash + 1) : name
  const repository = host === DOCKER_HUB && !path.includes("/") ? `library/${path}` : path

  if (!HOST.test(host)) throw invalid(text)
  if (repository !== repository.toLowerCase()) throw invalid(text, "repository name must be lowercase")
  if (!repository.split("/").every((part) => COMPONENT.test(part))) throw invalid(text)
  if (tag !== undefined && !TAG.test(tag)) throw invalid(text)
  if (digest !== undefined && !isDigest(digest)) throw invalid(text, "invalid checksum digest")
  return digest === undefined ? { host, repository, tag: tag ?? "latest" } : { host, repository, digest }
}

/** The one way to write it in full, as `docker.io/library/nginx:latest`. */
export function formatReference({ host, repository, tag, digest }: Reference): string {
  return `${host}/${repository}${digest === undefined ? `:${tag}` : `@${digest}`}`
}

/** As people and Docker write it: without what is understood anyway. */
export function familiarReference(reference: Reference): string {
  const full = formatReference(reference)
  if (reference.host !== DOCKER_HUB) return full
  const [first, ...rest] = reference.repository.split("/")
  if (first === "library" && rest.length === 1) return full.slice("docker.io/library/".length)
  return rest.length > 0 && isHost(first!) ? full : full.slice("docker.io/".length)
}

export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text)
}

/** Of what stands before the first slash; any other word there begins the name of a repository. */
function isHost(first: string): boolean {
  return /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase()
}

function invalid(text: string, reason = "invalid reference format"): EngineError {
  return new EngineError("invalid", `${reason}: ${JSON.stringify(text.slice(0, NAME_LENGTH_MAX))}`)
}

const DOCKER_HUB = "docker.io"
const NAME_LENGTH_MAX = 255
const HOST = /^(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::[0-9]{1,5})?$/
const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
