import { execFileSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { expect, onTestFinished, test } from "vitest"
import { EXIT } from "../../src/main/exit.ts"
import { seededRandom } from "../../src/world/simulated.ts"
import { testFolder } from "./folder.ts"
import { type Credentials, type ServerProcess, startInTest } from "./process.ts"
import { ecsAt, Writer } from "./writer.ts"

const isFull = process.env.HOMEPORT_FULL === "1"
const KILLS = Number(process.env.HOMEPORT_KILLS ?? (isFull ? 500 : 50))
const WRITERS = 8

/** The moments of the kills follow from it; what the machine is doing at those moments does not. */
const SEED = Number(process.env.HOMEPORT_SEED ?? 20_141_113)

test(`whatever was acknowledged is there after each of ${KILLS} kills, and nothing by halves`, async ({ task }) => {
  const data = testFolder()
  const random = seededRandom(SEED)
  const first = startInTest(data)
  const endpoint = await first.ready
  const credentials = await first.credentials()
  const writers = Array.from({ length: WRITERS }, (_, n) => new Writer(`writer-${n}`, credentials.account, random))
  await writeUntilKilled(first, endpoint, credentials, writers, random.below(LOAD_MS))

  for (let kill = 1; kill < KILLS; kill++) {
    const server = startInTest(data)
    if (kill % 4 === 0) {
      // Recovery may be cut off as well, at any moment and several times.
      await pause(random.below(START_MS))
      await server.kill()
      continue
    }
    const endpoint = await server.ready
    expect(await missesOf(writers, endpoint, credentials, "changed"), `after kill ${kill}`).toEqual([])
    // Now and then nothing happens until the journal begins to fold its log; writes and the kill then come upon that.
    if (kill % 10 === 5) await pause(IDLE_MS + random.below(100))
    await writeUntilKilled(server, endpoint, credentials, writers, random.below(LOAD_MS))
  }

  const last = startInTest(data)
  expect(await missesOf(writers, await last.ready, credentials, "all")).toEqual([])
  last.signal("SIGTERM")
  expect(await last.ended).toEqual({ code: EXIT.ok, signal: null })

  const acknowledged = writers.reduce((sum, writer) => sum + writer.acknowledged, 0)
  const unanswered = writers.reduce((sum, writer) => sum + writer.unanswered, 0)
  expect(acknowledged).toBeGreaterThan(KILLS)
  task.meta.figure = `kill -9: ${KILLS} times, ${acknowledged} acknowledged writes all there, ${unanswered} without an answer`
})

const LOAD_MS = 250

/** A start takes about this long. */
const START_MS = 500

/** As long as the journal waits before it folds a short log. */
const IDLE_MS = 950

async function writeUntilKilled(
  server: ServerProcess,
  endpoint: string,
  credentials: Credentials,
  writers: readonly Writer[],
  afterMs: number,
): Promise<void> {
  const ecs = ecsAt(endpoint, credentials)
  const writing = Promise.all(writers.map((writer) => writer.writeUntilUnanswered(ecs)))
  await pause(afterMs)
  expect(await server.kill()).toEqual({ code: null, signal: "SIGKILL" })
  await writing
  ecs.destroy()
}

async function missesOf(
  writers: readonly Writer[],
  endpoint: string,
  credentials: Credentials,
  which: "changed" | "all",
): Promise<string[]> {
  const ecs = ecsAt(endpoint, credentials)
  const misses = await Promise.all(writers.map((writer) => writer.misses(ecs, which)))
  ecs.destroy()
  return misses.flat()
}

test("a very first start that is killed at any moment can be made again", async () => {
  const random = seededRandom(SEED)
  for (let attempt = 0; attempt < 6; attempt++) {
    const data = testFolder()
    const killed = startInTest(data)
    await Promise.race([killed.ready.catch(() => {}), pause(100 + random.below(START_MS))])
    await killed.kill()

    const server = startInTest(data)
    const ecs = ecsAt(await server.ready, await server.credentials())
    const { cluster } = await ecs.createCluster({})
    expect(cluster?.status).toBe("ACTIVE")
    ecs.destroy()
    await server.kill()
  }
})

/** A disk of its own for a test, so small that it is soon full; undefined where this process may not mount one. */
function smallDisk(): { readonly path: string; grow(): void } | undefined {
  const path = join(testFolder(), "disk")
  mkdirSync(path)
  const mount = (options: string) =>
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "homeport-test", path], { stdio: "ignore" })
  try {
    mount("size=4m,mode=700")
  } catch {
    return undefined
  }
  onTestFinished(() => void execFileSync("umount", ["--lazy", path]))
  return { path, grow: () => mount("remount,size=200m") }
}

test("a full disk ends the process with one clear line, and nothing acknowledged is lost", async ({ skip }) => {
  const disk = smallDisk()
  if (disk === undefined) return skip("this process may not mount a small disk")
  const data = join(disk.path, "data")
  const server = startInTest(data)
  const endpoint = await server.ready
  const credentials = await server.credentials()
  const random = seededRandom(SEED)
  const writers = Array.from({ length: WRITERS }, (_, n) => new Writer(`writer-${n}`, credentials.account, random))
  const ecs = ecsAt(endpoint, credentials)
  await Promise.all(writers.map((writer) => writer.writeUntilUnanswered(ecs)))
  ecs.destroy()

  expect(await server.ended).toEqual({ code: EXIT.journalLost, signal: null })
  expect(server.log().trimEnd().split("\n").at(-1)).toMatch(/"level":"error".*There is no room left/)
  expect(Math.min(...writers.map((writer) => writer.acknowledged))).toBeGreaterThan(0)
  expect(writers.map((writer) => writer.unanswered)).toEqual(Array(WRITERS).fill(1))

  disk.grow()
  const again = startInTest(data)
  expect(await missesOf(writers, await again.ready, credentials, "all")).toEqual([])
  const working = ecsAt(await again.ready, credentials)
  expect(await writers[0]!.write(working)).toBe(true)
  working.destroy()
})
