import { fork } from "node:child_process"

/**
 * One side of a comparison, in a process of its own that stays up between its turns: it pays neither for the other
 * side's garbage nor for its own start.
 */
export interface Contender<Task, Result> extends AsyncDisposable {
  readonly pid: number
  run(task: Task): Promise<Result>
}

/** Starts `module`, which calls `contend`, and resolves when it is ready for tasks. */
export async function startContender<Task, Result>(
  module: string,
  settings: unknown,
): Promise<Contender<Task, Result>> {
  // What it says is no part of our result.
  const child = fork(new URL(module, import.meta.url), [JSON.stringify(settings)], { stdio: ["ignore", 2, 2, "ipc"] })
  let waiting = Promise.withResolvers<Result | undefined>()
  let ended = false
  child.on("message", ({ result, error }: Answer<Result>) => {
    if (error === undefined) waiting.resolve(result)
    else waiting.reject(new Error(`${module}: ${error}`))
  })
  child.once("exit", (code, signal) => {
    ended = true
    waiting.reject(new Error(`${module} ended with ${signal ?? code}`))
  })
  const gone = new Promise((resolve) => child.once("exit", resolve))
  await waiting.promise

  return {
    pid: child.pid!,
    run(task) {
      waiting = Promise.withResolvers()
      if (ended) waiting.reject(new Error(`${module} has ended`))
      else child.send({ task })
      return waiting.promise as Promise<Result>
    },
    async [Symbol.asyncDispose]() {
      waiting.promise.catch(() => {})
      if (child.connected) child.disconnect()
      await gone
    },
  }
}

interface Answer<Result> {
  readonly result?: Result
  readonly error?: string
}

/** The contender's own end: does what it was started for until nobody is left to ask. */
export function contend<Settings, Task, Result>(
  begin: (settings: Settings) => Promise<(task: Task) => Promise<Result>>,
): void {
  const answer = (given: Answer<Result>) => process.send!(given)
  const failed = (error: unknown) => answer({ error: error instanceof Error ? error.stack! : String(error) })
  process.once("disconnect", () => process.exit())

  // Not before the module that calls this has been evaluated to its end.
  setImmediate(() => {
    begin(JSON.parse(process.argv[2]!)).then((run) => {
      process.on("message", ({ task }: { task: Task }) => void run(task).then((result) => answer({ result }), failed))
      answer({})
    }, failed)
  })
}
