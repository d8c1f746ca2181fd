import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { answers, killed, lives } from "./command-line.ts"
import { startStack } from "./stack.ts"
import { IDLE, runTask, sh, summaryOf } from "./stack-task.ts"
import { until } from "./until.ts"

// Each of the processes beside a container may be killed, and the container does not notice.

const stack = await startStack()
const source = join(stack.shared, "signs")
mkdirSync(source)
const signs = { volumes: [{ name: "signs", host: { sourcePath: source } }] }
const mountPoints = [{ sourceVolume: "signs", containerPath: "/signs" }]

/** Two tasks: one that counts on, and one that ends with a code when a file appears. */
async function twoTasks(sign: string) {
  const counting = await runTask(stack, {
    main: { command: sh("n=0; while :; do n=$((n+1)); echo $n; usleep 20000; done") },
  })
  const ending = await runTask(
    stack,
    { main: { command: sh(`until [ -e /signs/${sign} ]; do usleep 20000; done; exit 7`), mountPoints } },
    signs,
  )
  const { startedAt } = await counting.running()
  await ending.running()
  const endingId = await ending.runtimeId("main")
  const countingId = await counting.runtimeId("main")
  const [process] = await counting.exec("main")
  const numbers = () => stack.log(countingId).map(({ log }) => Number(log))

  return {
    async end() {
      writeFileSync(join(source, sign), "")
      await until(() => stack.processesOf(endingId).length === 0)
    },
    /** The one never stopped, with no line lost, and the other's end is told as it was. */
    async expectUnharmed() {
      expect(summaryOf(await ending.stopped())).toMatchObject({
        stopCode: "EssentialContainerExited",
        containers: { main: 7 },
      })
      const said = numbers().length
      await until(() => numbers().length > said + 20)
      // What was delivered but not yet noted down comes twice, and never not at all.
      const distinct = [...new Set(numbers())]
      expect(distinct).toEqual(distinct.map((_, index) => index + 1))
      expect((await counting.describe()).startedAt).toEqual(startedAt)
      expect((await counting.exec("main"))[0]).toBe(process)
      await counting.stop()
      expect(summaryOf(await counting.stopped()).containers.main).toBe(143)
    },
  }
}

test("a node that is killed finds its containers again, and how they ended meanwhile", async () => {
  const tasks = await twoTasks("node")
  await stack.killNode()
  await tasks.end()
  await tasks.expectUnharmed()
})

test("without a region tasks run on, and what happened is told when it is there again", async () => {
  const tasks = await twoTasks("region")
  const { pid } = stack.record().region
  // One that hangs is away for as long as the test wants.
  process.kill(pid, "SIGSTOP")
  await tasks.end()
  killed(pid)
  await until(() => !lives(pid))
  await until(() => answers(stack.endpoint))
  await tasks.expectUnharmed()
})

test("a containerd that is killed is started again under running containers", async () => {
  const tasks = await twoTasks("containerd")
  const pid = stack.containerdPid()
  killed(pid)
  await until(() => !lives(pid))
  await tasks.end()
  await until(() => stack.containerdPid() !== pid)
  await tasks.expectUnharmed()
  const next = await runTask(stack, { main: { command: sh("echo done") } })
  expect((await next.stopped()).containers![0]!.exitCode).toBe(0)
})

test("all of them killed at once come back to the same containers", async () => {
  const tasks = await twoTasks("all")
  const pids = [stack.containerdPid(), (await stack.nodePid())!, stack.record().region.pid]
  for (const pid of pids) killed(pid)
  await tasks.end()
  await until(() => answers(stack.endpoint))
  await tasks.expectUnharmed()
})

test("a shim that is killed takes its own container with it, and nobody else's", async () => {
  const wish = { main: { command: IDLE } }
  const victim = await runTask(stack, wish)
  const other = await runTask(stack, wish)
  await Promise.all([victim.running(), other.running()])
  killed(shimOf(await victim.runtimeId("main"))!)
  const { containers } = summaryOf(await victim.stopped())
  expect(containers.main === 137 || String(containers.main).startsWith("ContainerVanishedError: ")).toBe(true)
  expect(await victim.exec("main")).toEqual([])
  expect((await other.describe()).lastStatus).toBe("RUNNING")
  expect(await other.exec("main")).not.toEqual([])
  await other.stop()
  await other.stopped()
})

function shimOf(id: string): number | undefined {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .map(Number)
    .find((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8")
        return command.includes("containerd-shim") && command.includes(id)
      } catch {
        return false
      }
    })
}
