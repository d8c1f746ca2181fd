import { type ChildProcess, execFile, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { chown, mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { freePort } from "../free-port.ts"

/** A PostgreSQL of a test's own: nobody else's data, nobody else's port, and the disk is really asked to keep what was committed. */
export interface PostgresServer {
  readonly port: number
  readonly socketDirectory: string

  /** Makes an empty database and tells how to connect to it over loopback. */
  newDatabase(): Promise<string>

  /** Runs SQL as the owner of everything, through `psql`, and answers with what it prints: bare values, one row a line. */
  sql(connection: string, text: string): Promise<string>

  /** The path of one of PostgreSQL's programs, such as `pgbench`. */
  program(name: string): string

  stop(): Promise<void>
}

export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const programs = await findPrograms()
  const program = (name: string) => join(programs, name)
  const directory = await mkdtemp(join(tmpdir(), "homeport-postgres-"))
  const account = await serverAccount()
  if (account !== undefined) await chown(directory, account.uid, account.gid)

  try {
    const data = join(directory, "data")
    const as = command(account)
    await mustReach(as, directory)
    const initdb = ["-D", data, "-U", "homeport", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    await run(...as(program("initdb"), initdb), { cwd: directory })

    const port = await freePort()
    const given = { listen_addresses: "127.0.0.1", unix_socket_directories: directory, ...settings }
    const options = Object.entries(given).flatMap(([name, value]) => ["-c", `${name}=${value}`])
    const [file, parameters] = as(program("postgres"), ["-D", data, "-p", String(port), ...options])
    const server = spawn(file, parameters, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] })
    await ready(server)

    let databases = 0
    const connectionTo = (database: string) => `postgresql://homeport@127.0.0.1:${port}/${database}`
    const sql = async (connection: string, text: string) => {
      const { stdout } = await run(program("psql"), ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", connection, "-c", text])
      return stdout.trim()
    }
    return {
      port,
      socketDirectory: directory,
      async newDatabase() {
        const name = `test_${++databases}`
        await sql(connectionTo("postgres"), `CREATE DATABASE ${name}`)
        return connectionTo(name)
      },
      sql,
      program,
      async stop() {
        await stopped(server)
        await rm(directory, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

const run = promisify(execFile)

/** Debian keeps each version's programs in a folder of its own; one that holds a client alone is of no use. */
async function findPrograms(): Promise<string> {
  const versions = await readdir(DEBIAN_VERSIONS).catch(() => [])
  const onPath = await run("pg_config", ["--bindir"]).catch(() => ({ stdout: "" }))
  const newestFirst = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN_VERSIONS, version, "bin"))
  const programs = [...newestFirst, onPath.stdout.trim()].find((folder) => existsSync(join(folder, "initdb")))
  if (programs === undefined) throw new Error(MISSING)
  return programs
}

const DEBIAN_VERSIONS = "/usr/lib/postgresql"
const MISSING = "This needs a PostgreSQL server to start: install one (Debian: apt-get install postgresql)."

interface Account {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root; the package's own account then runs it. */
async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const idOf = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout)
  const [uid, gid] = await Promise.all([idOf("-u"), idOf("-g")])
  return { uid, gid }
}

/**
 * A server must not outlive its tests, even when they are killed: the kernel then interrupts it, which PostgreSQL takes
 * for an order to shut down fast. The order is lost when the account changes, so it is given after that.
 */
function command(account: Account | undefined) {
  const change = account === undefined ? [] : [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups"]
  return (file: string, parameters: readonly string[]): [string, string[]] => [
    "setpriv",
    [...change, "--pdeathsig=INT", file, ...parameters],
  ]
}

type As = ReturnType<typeof command>

/** The temporary directory of root's is sometimes root's alone. */
async function mustReach(as: As, directory: string): Promise<void> {
  await run(...as("test", ["-w", directory])).catch((cause) => {
    throw new Error(
      `The account that PostgreSQL runs under cannot reach ${directory}. Set TMPDIR to a folder that every account may enter, such as /tmp.`,
      { cause },
    )
  })
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ""
    server.stderr!.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-10_000)
      if (said.includes("database system is ready to accept connections")) resolve()
    })
    server.once("error", reject)
    server.once("exit", () => reject(new Error(`PostgreSQL did not start:\n${said}`)))
  })
}

function stopped(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) return resolve()
    server.once("exit", () => resolve())
    // Immediate: what is left to write is of no use to anyone.
    server.kill("SIGQUIT")
  })
}
