import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { homedir } from "node:os"
import { basename, join, resolve } from "node:path"
import { Refusal } from "./exit.ts"
import type { ProcessIdentity } from "./process-identity.ts"

/** Everything one installation keeps on this machine, in one directory that only its user may enter. */
export interface DataDirectory {
  readonly path: string

  /** The installation's secret. A copy of the directory without it is of no use to anyone. */
  readonly masterKey: string
  readonly journal: string

  /** The events of CloudWatch Logs. */
  readonly logEvents: string

  /** The layers and manifests of images. */
  readonly images: string

  /** The public keys of issuers of web identities, put there by hand. */
  readonly issuers: string
  readonly log: string

  /** Where the running process listens for `homeport status`, `env` and the like. */
  readonly control: string

  /** What this machine's node keeps, which is root's. */
  readonly node: string
  readonly nodeLog: string

  /** Where the running node listens. */
  readonly nodeControl: string

  /** Homeport's own certificate authority and what it has issued. */
  readonly ca: string

  /** Tells who runs here and where it answers. */
  readonly run: string
}

/** Undefined takes the usual place of the user. */
export function dataDirectory(path: string = usualPlace()): DataDirectory {
  const at = resolve(path)
  return {
    path: at,
    masterKey: join(at, "master.key"),
    journal: join(at, "journal.sqlite"),
    logEvents: join(at, "log-events"),
    images: join(at, "images"),
    issuers: join(at, "issuers"),
    log: join(at, "homeport.log"),
    control: join(at, "control.sock"),
    node: join(at, "node"),
    nodeLog: join(at, "node.log"),
    nodeControl: join(at, "node.sock"),
    ca: join(at, "ca"),
    run: join(at, "run.json"),
  }
}

/** What to add to a command that is to find the same data. */
export function dataHint({ path }: DataDirectory): string {
  return path === usualPlace() ? "" : ` --data ${path}`
}

/** What lies in the directory, ours and what is not: with a dot or a dash behind our name it is a companion or a draft of ours. */
export function contentOf(data: DataDirectory): {
  readonly own: readonly string[]
  readonly foreign: readonly string[]
} {
  const { path, ...places } = data
  const known = Object.values(places).map((place) => basename(place))
  const isOwn = (name: string) =>
    known.some((own) => name === own || name.startsWith(`${own}.`) || name.startsWith(`${own}-`))
  const names = readdirSync(path)
  return { own: names.filter(isOwn), foreign: names.filter((name) => !isOwn(name)) }
}

function usualPlace(): string {
  if (process.getuid?.() === 0) return "/var/lib/homeport"
  return join(process.env.XDG_DATA_HOME || join(homedir(), ".local/share"), "homeport")
}

/** Makes the directory, or sees to it that it is ours to use. */
export function prepare(data: DataDirectory): void {
  try {
    mkdirSync(data.path, { recursive: true, mode: 0o700 })
    accessSync(data.path, constants.R_OK | constants.W_OK | constants.X_OK)
    closeToOthers(data)
  } catch (error) {
    if (error instanceof Refusal) throw error
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === "ENOTDIR" || code === "EEXIST" ? "it is not a directory" : `this user may not write there (${code})`
    throw new Refusal(`Cannot keep data in ${data.path}: ${why}. Name another directory with --data.`, undefined, {
      cause: error,
    })
  }
  if (Buffer.byteLength(data.control) > SOCKET_PATH_BYTES_MAX) {
    throw new Refusal(`The path ${data.path} is too long for a socket in it. Name a shorter one with --data.`)
  }
}

/** Made by hand, it is often open to others. One that others use for their own things is never taken away from them. */
function closeToOthers(data: DataDirectory): void {
  const { mode } = statSync(data.path)
  if ((mode & OTHERS) === 0) return
  const names = readdirSync(data.path).filter((name) => name !== "lost+found")
  const isOurs = names.length === 0 || existsSync(data.masterKey) || existsSync(data.journal)
  if (!isOurs || (mode & STICKY) !== 0) {
    throw new Refusal(
      `Cannot keep data in ${data.path}: others may enter it, and it is not Homeport's alone. Name another directory with --data.`,
    )
  }
  chmodSync(data.path, 0o700)
}

const OTHERS = 0o077
const STICKY = 0o1000

/** Systems take 104 bytes or more; a process's own name for it while it is being made needs some of them. */
const SOCKET_PATH_BYTES_MAX = 95

/** What a running region writes down. It may be left over from one that was killed; the control socket tells. */
export interface RunRecord {
  readonly endpoint: string
  readonly port: number
  readonly startedAt: number
  readonly region: ProcessIdentity

  /** Starts the region again when it ends; absent under another supervisor, such as systemd. */
  readonly supervisor?: ProcessIdentity
}

export function writeRunRecord(data: DataDirectory, record: RunRecord): void {
  const draft = `${data.run}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  renameSync(draft, data.run)
}

export function readRunRecord(data: DataDirectory): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(data.run, "utf8"))
  } catch {
    return undefined
  }
}

/** Takes away the record, unless another process has put its own there meanwhile. */
export function removeRunRecord(data: DataDirectory, pid: number): void {
  if (readRunRecord(data)?.region.pid === pid) rmSync(data.run, { force: true })
}
