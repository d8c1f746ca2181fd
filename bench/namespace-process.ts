import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

/** A module that runs in a network namespace: it says `true` when it is ready, and then a line for each line it is told. */
export interface NamespaceProcess<Task, Result> extends AsyncDisposable {
  run(task: Task): Promise<Result>
}

export async function startInNamespace<Task, Result>(
  namespace: string,
  module: string,
  words: readonly string[],
): Promise<NamespaceProcess<Task, Result>> {
  const script = new URL(module, import.meta.url).pathname
  const child = spawn("nsenter", [`--net=${namespace}`, process.execPath, script, ...words], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  const gone = once(child, "exit")
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${module} has ended`)
    return JSON.parse(value) as Result
  }
  await answer()
  return {
    run(task) {
      child.stdin.write(`${JSON.stringify(task)}\n`)
      return answer()
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      const cancel = setTimeout(() => child.kill("SIGKILL"), END_MS)
      await gone
      clearTimeout(cancel)
    },
  }
}

/** One that waits in the kernel hears of no end. */
const END_MS = 60_000

/** A network namespace with nothing in it, for as long as it is wanted. */
export async function openNamespace(): Promise<{ readonly path: string } & AsyncDisposable> {
  const child = spawn("unshare", ["--net", "sh", "-c", "ip link set lo up; echo ready; exec sleep infinity"], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const gone = once(child, "exit")
  const stop = () => child.kill("SIGKILL")
  process.once("exit", stop)
  await once(child.stdout, "data")
  return {
    path: `/proc/${child.pid}/ns/net`,
    async [Symbol.asyncDispose]() {
      stop()
      await gone
      process.off("exit", stop)
    },
  }
}
