import { setTimeout as sleep } from "node:timers/promises"
import type { Credentials } from "../src/main/control.ts"
import { freePort } from "../test/free-port.ts"
import type { Bench } from "./bench.ts"
import { startContender } from "./contender.ts"
import type { EchoTask } from "./echo-contender.ts"
import type { Figure } from "./figure.ts"
import { makeFolder } from "./folder.ts"
import { type Homeport, startHomeport } from "./homeport.ts"
import { HttpConnection, type Reply } from "./http-connection.ts"
import { inTurns, once, ratioOf, spreadOf } from "./measure.ts"
import { memoryOf } from "./process-memory.ts"
import { clearProgress, progress } from "./progress.ts"
import { signedRequest } from "./signed-request.ts"

/** From typing `./homeport up` to the first signed answer, and what it then needs while nobody asks for anything. */
export const coldStartBench: Bench = async ({ say }) => {
  using folder = makeFolder()
  const port = await freePort()
  const start = () => startHomeport("up", folder.path, { port })
  const credentials = await credentialsOf(start())

  const measured = await inTurns(
    "cold start",
    {
      homeport: () => timed(start, () => firstAnswer(port, credentials)),
      node: () => timed(startEcho, firstEcho),
    },
    ROUNDS,
  )
  const figures: Figure[] = [
    {
      name: "cold start to the first signed answer",
      unit: "ms",
      ours: spreadOf(measured.homeport),
      theirs: { name: "bare echo", spread: spreadOf(measured.node) },
      ratio: ratioOf(measured.homeport, measured.node),
      target: { of: "ours", atMost: 700 },
    },
  ]

  progress("idle memory")
  await using homeport = start()
  await firstAnswer(port, credentials)
  await using echo = await startEcho()
  await firstEcho(echo)
  await sleep(IDLE_MS)
  const [ours, theirs] = [memoryOf(homeport.pid), memoryOf(echo.pid)]
  clearProgress()
  if (ours === undefined || theirs === undefined) {
    say("This system does not tell how much memory a process needs, so that was not measured.")
    return figures
  }
  figures.push({
    name: "idle memory, after one call of ECS",
    unit: "MB",
    ours: once(ours / 1e6),
    theirs: { name: "bare echo", spread: once(theirs / 1e6) },
    ratio: once(ours / theirs),
    target: { of: "ours", atMost: 150 },
  })
  return figures
}

const ROUNDS = 5
const IDLE_MS = 4_000
const RETRY_MS = 3

/** The first start of all makes them; what it takes longer than later ones is not measured. */
async function credentialsOf(started: Homeport): Promise<Credentials> {
  await using homeport = started
  await homeport.ready()
  return await homeport.credentials()
}

/** Milliseconds from before the start to its proof. The end is not counted. */
async function timed<Started extends AsyncDisposable>(
  start: () => Started | Promise<Started>,
  proof: (started: Started) => Promise<unknown>,
): Promise<number> {
  const startedAt = performance.now()
  await using started = await start()
  await proof(started)
  return performance.now() - startedAt
}

/** Asks until somebody listens and the answer is the right one. */
async function firstAnswer(port: number, credentials: Credentials): Promise<void> {
  const request = signedRequest("DescribeClusters", { clusters: ["shop"] }, credentials, new Date())
  for (let tries = 0; (await ask(port, request).catch(() => undefined))?.status !== 200; tries++) {
    if (tries > TRIES_MAX) throw new Error("homeport up did not come to answer")
    await sleep(RETRY_MS)
  }
}

const TRIES_MAX = 10_000

async function ask(port: number, request: Buffer): Promise<Reply> {
  const connection = await HttpConnection.open(port)
  try {
    return await connection.call(request)
  } finally {
    connection.close()
  }
}

function startEcho() {
  return startContender<EchoTask, number>("./echo-contender.ts", {})
}

async function firstEcho(echo: Awaited<ReturnType<typeof startEcho>>): Promise<void> {
  await ask(
    await echo.run({ bodyBytes: 100 }),
    Buffer.from("POST / HTTP/1.1\r\nhost: echo\r\ncontent-length: 2\r\n\r\n{}"),
  )
}
