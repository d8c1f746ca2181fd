import { recordingLog } from "../src/world/log.ts"
import { seededRandom, simulatedWorld } from "../src/world/simulated.ts"
import { type Random, sleep } from "../src/world/world.ts"
import { Api } from "./api.ts"
import { type Breach, Checker } from "./checker.ts"
import { unsettled } from "./convergence.ts"
import { FAULTS } from "./fault/all.ts"
import type { Fault, Victims } from "./fault/fault.ts"
import { ACCOUNT, POOL_ACCOUNT, REGION } from "./identity.ts"
import { Acknowledged } from "./invariant/acknowledged.ts"
import { allInvariants } from "./invariant/all.ts"
import { Manifests } from "./invariant/manifests.ts"
import { Network } from "./network.ts"
import type { NodeProperties } from "./node/host.ts"
import { Node } from "./node/node.ts"
import { loadServices, Region } from "./region.ts"
import { endFaults, type Operator, operate } from "./repair.ts"
import { Transcript } from "./transcript.ts"
import type { User } from "./workload/action.ts"
import { between } from "./workload/draw.ts"
import { Known, MAIN_CLUSTER } from "./workload/known.ts"
import { work } from "./workload/workload.ts"

export interface SimulationOptions {
  readonly seed: number

  /** How many machines the cluster has; the pool has a third as many, and at least one. */
  readonly nodes?: number

  /** How long users work and faults strike, in simulated seconds. */
  readonly until?: number

  /** Names of the faults that may strike; all of them, if it is not said. */
  readonly faults?: readonly string[]
}

export interface SimulationResult {
  readonly seed: number
  readonly hash: string
  readonly breach: Breach | undefined
  readonly transcript: Transcript
  readonly transactions: number

  /** Simulated seconds from the end of faults until all was as it should be. */
  readonly settledAfter: number | undefined
}

/** Runs one seed from beginning to end: a bad day, a repair, and peace. */
export async function simulate({
  seed,
  nodes: count = 3,
  until = 240,
  faults,
}: SimulationOptions): Promise<SimulationResult> {
  await loadServices()
  // Each part draws from its own stream, so that what one part does differently does not change all the others.
  const world = simulatedWorld({ seed })
  const [regionRandom, networkRandom, nodeRandom, userRandom, faultRandom] = streams(seed)
  const transcript = new Transcript(world)
  const nodes: Node[] = []
  const ran = new Set<string>()
  const acknowledged = new Acknowledged()
  const checker = new Checker([...allInvariants(), acknowledged], { nodes, ran, transcript, now: () => world.now() })
  const log = recordingLog()
  let append: readonly [number, number] = [1, 3]

  const region = new Region({
    world,
    random: regionRandom,
    log,
    appendMs: () => append[0] + networkRandom.below(append[1]),
    opened: (store) => checker.opened(store),
    lost: () => {
      transcript.say("region", "has lost its journal and ends")
      checker.closed()
      network.regionDied()
      restartRegion(between(faultRandom, 100, 5_000))
    },
  })
  const manifests = new Manifests((what) => checker.found(Manifests.invariant, what))
  const network = new Network({
    world,
    random: networkRandom,
    transcript,
    door: () => region.door,
    sent: (frame) => manifests.sent(frame),
  })
  const found = (invariant: string, what: string) => checker.found(invariant, what)
  for (const properties of machines(count)) {
    nodes.push(new Node({ world, random: nodeRandom, ran, network, transcript, found }, properties))
  }

  function restartRegion(afterMs: number): void {
    checker.closed()
    world.after(afterMs, () => {
      if (region.isUp) return
      transcript.say("region", "starts")
      region.start().catch((error: Error) => checker.found("the region can always be started again", error.message))
    })
  }

  let areFaultsOver = false
  const victims: Victims = {
    world,
    random: faultRandom,
    network,
    region,
    nodes,
    transcript,
    isOver: () => areFaultsOver,
    restartRegion,
    appendMs: (range) => {
      append = range
    },
  }
  const known = new Known(nodes)
  const userOf = (name: string, random: Random): User => ({
    world,
    random,
    api: new Api(network.path(name, "repeats nothing"), `user-${ACCOUNT}`, transcript),
    known,
    acknowledged,
  })

  let settledAfter: number | undefined
  async function story(): Promise<void> {
    await region.start()
    const operator: Operator = {
      ...userOf("operator", userRandom),
      poolApi: new Api(network.path("operator", "repeats nothing"), `user-${POOL_ACCOUNT}`, transcript),
    }
    known.subnets = region.subnetsOf(SCOPES[0])
    await operator.api.call("CreateCluster", { clusterName: MAIN_CLUSTER })
    for (const node of nodes) node.startAgent()
    await sleep(world, 3_000)
    const end = world.monotonic() + until * 1000
    const isOver = () => world.monotonic() >= end
    const chosen = FAULTS.filter(({ name }) => faults === undefined || faults.includes(name))
    await Promise.all([
      ...["user-1", "user-2"].map((name) => work(userOf(name, seededRandom(userRandom.below(2 ** 31))), isOver)),
      ...(chosen.length === 0 ? [] : [trouble(victims, chosen, isOver), trouble(victims, chosen, isOver)]),
    ])
    areFaultsOver = true
    transcript.say("fault", "no more")
    endFaults(victims)
    const over = world.monotonic()
    for (;;) {
      await sleep(world, PEACE_LOOK_MS)
      await operate(operator, victims)
      const problem = unsettled(region, nodes, { scopes: SCOPES, now: world.now() })
      if (problem === undefined) break
      transcript.say("peace", problem)
      if (world.monotonic() > over + PEACE_MS_MAX) {
        checker.found("once faults stop, everything settles", problem)
        return
      }
    }
    settledAfter = (world.monotonic() - over) / 1000
  }

  function watchMachines(): void {
    checker.checkMachines(world.monotonic())
    world.after(MACHINES_LOOK_MS, watchMachines)
  }
  watchMachines()

  let isDone = false
  let failure: unknown
  void story().then(
    () => {
      isDone = true
    },
    (error) => {
      failure = error
      isDone = true
    },
  )
  while (!isDone && checker.breach === undefined) {
    if (!(await world.step())) break
    const mistake = log.lines.find(({ level }) => level === "error")
    if (mistake !== undefined)
      checker.found("the region makes no mistakes", `${mistake.message}: ${JSON.stringify(mistake.fields)}`)
  }
  if (failure !== undefined) throw failure
  if (checker.breach === undefined) checker.checkWhole()
  const { breach, transactions } = checker
  return { seed, hash: transcript.hash(), breach, transcript, transactions, settledAfter }
}

/** One fault after another. */
async function trouble(victims: Victims, faults: readonly Fault[], isOver: () => boolean): Promise<void> {
  const { world, random } = victims
  const weights = faults.reduce((sum, { weight }) => sum + weight, 0)
  while (!isOver()) {
    await sleep(world, between(random, 1_000, 20_000))
    if (isOver()) return
    let left = random.below(weights)
    const fault = faults.find(({ weight }) => {
      left -= weight
      return left < 0
    })!
    await fault.strike(victims)
  }
}

function streams(seed: number): readonly [Random, Random, Random, Random, Random] {
  const root = seededRandom(seed * 7919 + 1)
  const next = () => seededRandom(root.below(2 ** 31))
  return [next(), next(), next(), next(), next()]
}

function machines(count: number): NodeProperties[] {
  const poolCount = Math.max(1, Math.floor(count / 3))
  const common = (at: number) => ({
    zone: `${REGION}${"abc"[at % 3]}`,
    tier: at % 2 === 0 ? "gold" : "iron",
    agent: at % 3 === 2 ? ("foreign" as const) : ("own" as const),
  })
  return [
    ...Array.from({ length: count }, (_, at) => ({
      name: `node-${at + 1}`,
      cluster: MAIN_CLUSTER,
      isPool: false,
      processors: 2,
      memory: 2048,
      ...common(at),
    })),
    ...Array.from({ length: poolCount }, (_, at) => ({
      name: `pool-${at + 1}`,
      cluster: "fargate",
      isPool: true,
      processors: 8,
      memory: 16384,
      ...common(at),
    })),
  ]
}

const SCOPES = [`${ACCOUNT}/${REGION}`, `${POOL_ACCOUNT}/${REGION}`] as const
const MACHINES_LOOK_MS = 3_000
const PEACE_LOOK_MS = 10_000
/** Less than agents keep a connection: that they come anew must not be what mends things. */
const PEACE_MS_MAX = 20 * 60 * 1000
