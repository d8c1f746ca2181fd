import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { until } from "./until.ts"

/**
 * A container daemon of a test's own: root, state and sockets in a folder of its own, in a mount namespace of its own, so
 * that its mounts go when the last of its processes goes.
 */
export interface Daemon {
  /** Everything of it lies below; what is mounted here by the test is seen by the daemon as well. */
  readonly directory: string
  readonly socket: string

  /** The beginning of a command that then runs in the daemon's namespaces. */
  readonly enter: readonly string[]

  /** The path of the network namespace that the daemon is in, also while it does not run. */
  readonly networkNamespace: string

  /** Of the daemon itself; another one after a restart. */
  readonly pid: () => number

  /** Ends it as `kill -9` does; containers run on. */
  kill(): Promise<void>
  start(): Promise<void>

  /** Ends it and everything that it started, and takes away all that it made. */
  stop(): Promise<void>
}

export interface DaemonSpec {
  readonly name: string

  /** For `unshare`, beside the mount namespace. */
  readonly namespaces?: readonly string[]

  /** Shell commands in the daemon's namespaces before it runs. */
  readonly prepare?: readonly string[]
  readonly program: (directory: string, socket: string) => readonly string[]
  readonly isReady: (socket: string) => Promise<boolean>

  /** Cgroups that are its own, as in `/homeport-e2e-4711`. */
  readonly cgroups?: readonly string[]
}

export async function startDaemon(spec: DaemonSpec): Promise<Daemon> {
  const directory = mkdtempSync(`/run/homeport-e2e-${spec.name}-${process.pid}-`)
  execFileSync("mount", ["--bind", directory, directory])
  execFileSync("mount", ["--make-shared", directory])
  const socket = join(directory, "daemon.sock")
  const holder = await holdNamespaces(spec)
  let daemon: ChildProcess | undefined
  let said = ""

  async function start(): Promise<void> {
    const child = spawnDependent([...holder.enter, ...spec.program(directory, socket)], directory)
    daemon = child
    for (const output of [child.stdout!, child.stderr!]) {
      output.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-20_000)
      })
    }
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`${spec.name} did not start:\n${said}`)
      return existsSync(socket) && (await spec.isReady(socket))
    })
  }

  async function stop(): Promise<void> {
    await killed(daemon)
    await endStragglers(directory)
    await killed(holder.process)
    for (const cgroup of spec.cgroups ?? []) await removeCgroup(cgroup)
    unmountBelow(directory)
    rmSync(directory, { recursive: true, force: true })
  }

  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    directory,
    socket,
    enter: holder.enter,
    networkNamespace: `/proc/${holder.process.pid}/ns/net`,
    pid: () => daemon!.pid!,
    kill: () => killed(daemon),
    start,
    stop,
  }
}

/** A process that does nothing but keep the namespaces, so that a daemon which is started again finds its mounts. */
async function holdNamespaces(spec: DaemonSpec) {
  const prepare = ["umount /sys/fs/cgroup/unified 2>/dev/null || true", ...(spec.prepare ?? [])]
  const script = ["set -e", ...prepare, "echo ready", "exec sleep infinity"].join("\n")
  const words = ["--mount", "--propagation", "slave", ...(spec.namespaces ?? []), "sh", "-c", script]
  const holder = spawnDependent(["unshare", ...words])
  await new Promise<void>((resolve, reject) => {
    holder.stdout!.once("data", () => resolve())
    holder.once("exit", (code) => reject(new Error(`No namespaces for ${spec.name} (${code}).`)))
  })
  const which = ["--mount", ...(spec.namespaces ?? [])]
  return { process: holder, enter: ["nsenter", `--target=${holder.pid}`, ...which] }
}

/** Ends with the test's process, however that ends. */
function spawnDependent([program, ...words]: readonly string[], directory = "/"): ChildProcess {
  return spawn("setpriv", ["--pdeathsig=KILL", program!, ...words], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  })
}

async function killed(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once("exit", resolve))
  child.kill("SIGKILL")
  await ended
}

/** Shims outlive their daemon, and name its folder in their command line; containers are their children. */
async function endStragglers(directory: string): Promise<void> {
  for (;;) {
    const processes = readProcesses()
    const left = new Set(processes.filter(({ command }) => command.includes(`${directory}/`)).map(({ pid }) => pid))
    left.delete(process.pid)
    for (let before = -1; before !== left.size; ) {
      before = left.size
      for (const { pid, parent } of processes) if (left.has(parent)) left.add(pid)
    }
    if (left.size === 0) return
    for (const pid of left) {
      try {
        process.kill(pid, "SIGKILL")
      } catch {
        // It has just ended by itself.
      }
    }
    await pause(20)
  }
}

function readProcesses(): { pid: number; parent: number; command: string }[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ")
      const [state, parent] = readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ")
      return state === "Z" ? [] : [{ pid: Number(name), parent: Number(parent), command }]
    } catch {
      return []
    }
  })
}

/** Of every hierarchy, with the cgroups below it. */
async function removeCgroup(path: string): Promise<void> {
  const roots = ["/sys/fs/cgroup", ...readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`)]
  for (const root of roots) {
    if (!existsSync(join(root, path, "cgroup.procs"))) continue
    await until(() => {
      try {
        removeTree(join(root, path))
        return true
      } catch (error) {
        // A process that was just killed holds it for a moment.
        if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error
        return false
      }
    })
  }
}

function removeTree(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(path, entry.name))
  }
  rmdirSync(path)
}

/** The innermost first; one that was passed on to several places leaves all of them at once, so each look is a new one. */
function unmountBelow(directory: string): void {
  for (;;) {
    const innermost = readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "")
      .findLast((path) => path === directory || path.startsWith(`${directory}/`))
    if (innermost === undefined) return
    execFileSync("umount", ["--lazy", innermost])
  }
}
