import { once } from "node:events"
import { copyFileSync, mkdirSync } from "node:fs"
import { request } from "node:http"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { ECS } from "@aws-sdk/client-ecs"
import { afterAll, beforeAll, expect, onTestFinished, type TestContext, test } from "vitest"
import { status } from "../../src/main/control.ts"
import { dataDirectory } from "../../src/main/data.ts"
import { EXIT } from "../../src/main/exit.ts"
import { signer } from "../../src/services/ecs/link/testing.ts"
import { seededRandom } from "../../src/world/simulated.ts"
import { type Cable, layCable } from "../postgres/cable.ts"
import { type PostgresServer, startPostgres } from "../postgres/server.ts"
import { type AgentSocket, openAgentSocket } from "./agent-socket.ts"
import { testFolder } from "./folder.ts"
import { type Credentials, type ServerProcess, startInTest } from "./process.ts"
import { until } from "./until.ts"
import { ecsAt, Writer } from "./writer.ts"

let postgres: PostgresServer
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres?.stop())

interface Replica {
  readonly server: ServerProcess
  readonly data: string

  /** A client of this one alone. */
  readonly ecs: ECS

  /** Between this one and the database. */
  readonly cable: Cable
}

interface Installation {
  readonly replicas: readonly [Replica, Replica, Replica]
  readonly credentials: Credentials

  /** Starts one more. */
  add(): Promise<Replica>
}

/** Three processes of one installation; the first one leads. */
async function startReplicas(): Promise<Installation> {
  const folder = testFolder()
  const connection = await postgres.newDatabase()
  let count = 0

  async function start(first?: { readonly data: string; readonly credentials: Credentials }): Promise<Replica> {
    const data = join(folder, String(++count))
    mkdirSync(data)
    if (first !== undefined) copyFileSync(dataDirectory(first.data).masterKey, dataDirectory(data).masterKey)
    const cable = await layCable(postgres.port)
    onTestFinished(() => cable.remove())
    const server = startInTest(data, "--postgres", cable.through(connection))
    const endpoint = await server.ready
    // A replica may be ready before it leads; only then does it know credentials.
    const credentials = first?.credentials ?? (await until(() => server.credentials().catch(() => undefined)))
    const ecs = ecsAt(endpoint, credentials)
    onTestFinished(() => ecs.destroy())
    return { server, data, ecs, cable }
  }

  const first = await start()
  const credentials = await first.server.credentials()
  const add = () => start({ data: first.data, credentials })
  return { replicas: [first, await add(), await add()], credentials, add }
}

/** Writers that go on whatever happens, spread over these replicas, until they are told to stop. */
function write(replicas: readonly Replica[], { account }: Credentials) {
  const random = seededRandom(20_141_113)
  const writers = Array.from({ length: 6 }, (_, n) => new Writer(`writer-${n}`, account, random))
  let going = true
  let lastAt = performance.now()
  let longest = 0
  const ended = Promise.all(
    writers.map(async (writer, n) => {
      while (going) {
        // Others may have taken their places meanwhile.
        const { ecs } = replicas[n % replicas.length]!
        if (!(await writer.write(ecs))) {
          await pause(20)
          continue
        }
        longest = Math.max(longest, performance.now() - lastAt)
        lastAt = performance.now()
      }
    }),
  )
  // Who waits for more writes hears of it; until then it is no stray rejection.
  ended.catch(() => {})
  return {
    writers,
    ended,

    /** Writes that were answered with success so far, by all. */
    acknowledged: () => writers.reduce((sum, writer) => sum + writer.acknowledged, 0),

    /** Resolves with the longest time in which nobody's write was answered. */
    async stop(): Promise<number> {
      going = false
      await ended
      return longest
    },
  }
}

type Writing = ReturnType<typeof write>

/** Resolves when so many more writes have been answered; rejects when a writer fails. */
async function untilMore(writing: Writing, count: number): Promise<void> {
  const enough = writing.acknowledged() + count
  await until(() => Promise.race([writing.ended, writing.acknowledged() >= enough]))
}

/**
 * All that was acknowledged is there, and nothing happened twice: each write makes one version, so there are as many
 * of them as writes that were acknowledged, and at most as many more as stayed without an answer.
 */
async function expectAllThereOnce({ writers }: Writing, { ecs, data }: Replica, versionBefore: number): Promise<void> {
  const misses = await Promise.all(writers.map((writer) => writer.misses(ecs, "all")))
  expect(misses.flat()).toEqual([])
  const made = (await versionOf(data)) - versionBefore
  const acknowledged = writers.reduce((sum, writer) => sum + writer.acknowledged, 0)
  const unanswered = writers.reduce((sum, writer) => sum + writer.unanswered, 0)
  expect(acknowledged).toBeGreaterThan(0)
  expect(made).toBeGreaterThanOrEqual(acknowledged)
  expect(made).toBeLessThanOrEqual(acknowledged + unanswered)
}

async function versionOf(data: string): Promise<number> {
  return (await status(dataDirectory(data)))!.storeVersion
}

/** Which of these leads, once one does. */
function leaderAmong(...replicas: readonly Replica[]): Promise<Replica> {
  return until(async () => {
    for (const replica of replicas) {
      // One that is too busy to answer may be asked again.
      const found = await status(dataDirectory(replica.data)).catch(() => undefined)
      if (found?.leads) return replica
    }
    return undefined
  })
}

/** What is promised is less than three seconds; a machine busy with other tests may take longer, yet not for ever. */
const TAKEOVER_MS_MAX = 15_000

function tell(task: TestContext["task"], what: string, ms: number): void {
  task.meta.figure = `${what}: no write answered for ${(ms / 1000).toFixed(1)} s`
  expect(ms).toBeLessThan(TAKEOVER_MS_MAX)
}

test("every replica answers, and whoever is asked, all see the same", async () => {
  const { replicas } = await startReplicas()
  const leads = await Promise.all(replicas.map(async ({ data }) => (await status(dataDirectory(data)))!.leads))
  expect(leads).toEqual([true, false, false])
  for (const [n, { ecs }] of replicas.entries()) await ecs.createCluster({ clusterName: `by-${n}` })
  for (const { ecs } of replicas) {
    const { clusterArns = [] } = await ecs.listClusters({})
    expect(clusterArns.map((arn) => arn.split("/")[1])).toEqual(["by-0", "by-1", "by-2"])
    await expect(ecs.deleteCluster({ cluster: "nowhere" })).rejects.toMatchObject({ name: "ClusterNotFoundException" })
  }
})

test.for(["SIGKILL", "SIGSTOP"] as const)(
  "an agent's connection passes through a standby, ends with a leader that is lost (%s), and comes again",
  async (how) => {
    const { replicas, credentials } = await startReplicas()
    const [leader, standby, other] = replicas
    const endpoint = await standby.server.ready
    await standby.ecs.createCluster({})
    await standby.ecs.registerTaskDefinition({
      family: "web",
      containerDefinitions: [{ name: "app", image: "nginx", memory: 32 }],
    })
    const { containerInstance } = await standby.ecs.registerContainerInstance({
      totalResources: [
        { name: "CPU", type: "INTEGER", integerValue: 1024 },
        { name: "MEMORY", type: "INTEGER", integerValue: 1024 },
      ],
    })
    const instance = containerInstance!.containerInstanceArn!
    const connection = await openAgentSocket(endpoint, credentials, instance)
    const { tasks } = await other.ecs.startTask({ taskDefinition: "web", containerInstances: [instance] })
    const hears = ({ heard }: AgentSocket) => heard.some((text) => text.includes(tasks![0]!.taskArn!))
    await until(() => hears(connection))

    leader.server.signal(how)
    await connection.closed
    const again = await until(() => openAgentSocket(endpoint, credentials, instance).catch(() => undefined))
    // Nobody has said yet that the first message came.
    await until(() => hears(again))
  },
)

test("a body that comes bit by bit passes through a standby as it comes", async () => {
  const { replicas, credentials } = await startReplicas()
  const [leader, standby] = replicas
  const { host, hostname, port } = new URL(await standby.server.ready)
  const body = JSON.stringify({ clusterName: "bit-by-bit" })
  const { headers } = signer(
    { now: Date.now },
    credentials,
  )({
    method: "POST",
    path: "/",
    query: "",
    headers: {
      host,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AmazonEC2ContainerServiceV20141113.CreateCluster",
    },
    body: Buffer.from(body),
  })
  const asking = request({ hostname, port, method: "POST", headers: { ...headers, "transfer-encoding": "chunked" } })
  const answered = once(asking, "response")
  asking.write(body.slice(0, 10))
  await until(async () => (await status(dataDirectory(leader.data)))!.inFlight > 0)
  asking.end(body.slice(10))
  const [answer] = await answered
  answer.resume()

  expect(answer.statusCode).toBe(200)
  expect((await leader.ecs.listClusters({})).clusterArns).toHaveLength(1)
})

test("when the leader is killed another takes over, and nothing is lost or doubled", async ({ task }) => {
  const { replicas, credentials } = await startReplicas()
  const [leader, ...standbys] = replicas
  const before = await versionOf(leader.data)
  const writing = write(standbys, credentials)
  await untilMore(writing, 50)
  await leader.server.kill()
  const next = await leaderAmong(...standbys)
  await untilMore(writing, 50)
  tell(task, "leader killed", await writing.stop())
  await expectAllThereOnce(writing, next, before)
})

/** Freezes the leader until another has taken over and has changed the colour of a cluster, and wakes it again. */
async function freezeAndWake(
  { replicas, credentials }: Installation,
  whileFrozen: (leader: Replica) => unknown = () => {},
) {
  const [leader, ...standbys] = replicas
  const tagged = { resourceArn: `arn:aws:ecs:us-east-1:${credentials.account}:cluster/known` }
  const colour = () =>
    leader.ecs.listTagsForResource(tagged).then(
      ({ tags }) => tags![0]!.value,
      () => "refused",
    )
  leader.server.signal("SIGSTOP")
  const next = await leaderAmong(...standbys)
  await next.ecs.tagResource({ ...tagged, tags: [{ key: "colour", value: "new" }] })

  // These arrive while it is frozen, and so they are the first thing that it sees when it wakes.
  const reads = Array.from({ length: 10 }, colour)
  whileFrozen(leader)
  await pause(100)
  leader.server.signal("SIGCONT")

  const seen = new Set(await Promise.all(reads))
  let ended = false
  void leader.server.ended.then(() => {
    ended = true
  })
  while (!ended) seen.add(await colour())
  expect([...seen]).not.toContain("old")
  expect(await leader.server.ended).toEqual({ code: EXIT.journalLost, signal: null })
  expect(leader.server.log()).toMatch(/"level":"error".*(lease|leads)/)
  return next
}

const OLD = { clusterName: "known", tags: [{ key: "colour", value: "old" }] }

test("a leader that was frozen and wakes does not answer from what it remembers", async () => {
  const installation = await startReplicas()
  await installation.replicas[0].ecs.createCluster(OLD)
  await freezeAndWake(installation)
})

test("a leader that was frozen under load and wakes commits nothing more", async ({ task }) => {
  const installation = await startReplicas()
  const { replicas, credentials } = installation
  const [leader] = replicas
  await leader.ecs.createCluster(OLD)
  const before = await versionOf(leader.data)
  const writing = write(replicas, credentials)
  await untilMore(writing, 50)

  const late = new Writer("late", credentials.account, seededRandom(1))
  let lateWrite: Promise<boolean> | undefined
  const next = await freezeAndWake(installation, ({ ecs }) => {
    lateWrite = late.write(ecs)
  })
  await lateWrite
  await untilMore(writing, 50)
  tell(task, "leader frozen", await writing.stop())
  writing.writers.push(late)
  // The change of colour made one more.
  await expectAllThereOnce(writing, next, before + 1)
})

test.for(["cut", "silence"] as const)(
  "a leader whose database is out of reach (%s) ends, and another takes over",
  async (how, { task }) => {
    const { replicas, credentials } = await startReplicas()
    const [leader, ...standbys] = replicas
    const before = await versionOf(leader.data)
    const writing = write(replicas, credentials)
    await untilMore(writing, 50)
    leader.cable[how]()
    const next = await leaderAmong(...standbys)
    expect(await leader.server.ended).toEqual({ code: EXIT.journalLost, signal: null })
    expect(leader.server.log()).toMatch(/"level":"error".*database/)
    await untilMore(writing, 50)
    tell(task, `database out of the leader's reach (${how})`, await writing.stop())
    await expectAllThereOnce(writing, next, before)
  },
)

test("a standby that loses its database for a moment disturbs nobody and can still take over", async () => {
  const { replicas, credentials } = await startReplicas()
  const [leader, standby, other] = replicas
  const before = await versionOf(leader.data)
  const writing = write([leader], credentials)
  await untilMore(writing, 20)
  standby.cable.cut()
  await untilMore(writing, 50)
  standby.cable.mend()
  await untilMore(writing, 50)
  await writing.stop()
  await other.server.kill()
  await leader.server.kill()
  await expectAllThereOnce(writing, await leaderAmong(standby), before)
})

const isFull = process.env.HOMEPORT_FULL === "1"
const ROUNDS = isFull ? 60 : 4

test(`${ROUNDS} leaders in a row that are killed, frozen or cut off lose and double nothing`, async () => {
  const { replicas, credentials, add } = await startReplicas()
  const before = await versionOf(replicas[0].data)
  const present: Replica[] = [...replicas]
  const writing = write(present, credentials)
  const faults: readonly ((leader: Replica) => void)[] = [
    ({ server }) => server.signal("SIGKILL"),
    ({ server }) => server.signal("SIGSTOP"),
    ({ cable }) => cable.cut(),
    ({ cable }) => cable.silence(),
  ]
  for (let round = 0; round < ROUNDS; round++) {
    await untilMore(writing, 30)
    const leader = await leaderAmong(...present)
    const others = present.filter((replica) => replica !== leader)
    faults[round % faults.length]!(leader)
    await leaderAmong(...others)
    leader.server.signal("SIGCONT")
    await leader.server.ended
    present[present.indexOf(leader)] = await add()
  }
  await untilMore(writing, 30)
  await writing.stop()
  await expectAllThereOnce(writing, await leaderAmong(...present), before)
})
