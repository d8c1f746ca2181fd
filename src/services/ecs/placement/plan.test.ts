import type { Attribute, PlacementConstraint, PlacementStrategy } from "@aws-sdk/client-ecs"
import fc from "fast-check"
import { expect, test } from "vitest"
import { HOME, startStore } from "../../../store/testing.ts"
import type { Tx } from "../../../store/transaction.ts"
import { type ContainerInstance, containerInstances } from "../tables/container-instance.ts"
import { poolTasks } from "../tables/pool.ts"
import { type Task, tasks } from "../tables/task.ts"
import { Capacity, capacity } from "./capacity.ts"
import { explainPlacement } from "./explain.ts"
import { planPlacement } from "./plan.ts"
import type { PlacementRequest } from "./request.ts"
import { type Records, scanPlacement } from "./scan.testing.ts"
import { aDemand, anInstance, aRequest, aTask, attributes } from "./testing.ts"

const tables = [containerInstances, tasks, poolTasks]

const aZone = (zone: string) => attributes({ "ecs.availability-zone": zone })

/** Places tasks one after the other, as an operation does, and tells where they went. */
async function placed(
  instances: readonly ContainerInstance[],
  request: PlacementRequest,
  count: number,
  before: readonly Task[] = [],
): Promise<(string | undefined)[]> {
  const { store, world } = await startStore(tables)
  return store.transact(HOME, (tx) => {
    for (const instance of instances) tx.put(containerInstances, instance)
    for (const task of before) tx.put(tasks, task)
    return [...Array(count).keys()].map((number) => {
      const spot = planPlacement(tx.view(capacity), request, world.random)
      if (spot === undefined) return undefined
      tx.put(tasks, taskAt(`placed-${number}`, request, spot.instanceArn, spot.zone))
      return spot.instanceArn.split("/").at(-1)
    })
  })
}

function taskAt(id: string, request: PlacementRequest, instanceArn: string, zone: string | undefined): Task {
  const { demand, group, serviceArn, launchType } = request
  return aTask(id, { instanceArn, zone, demand, group, launchType, ...(serviceArn && { serviceArn }) })
}

test("a service without a strategy is spread over zones, and in a zone to where it has the fewest tasks", async () => {
  const instances = [
    anInstance("a1", { attributes: aZone("a") }),
    anInstance("a2", { attributes: aZone("a") }),
    anInstance("b1", { attributes: aZone("b") }),
  ]
  const places = await placed(instances, aRequest({ serviceArn: "web", group: "service:web" }), 4)

  expect([...places.slice(0, 2)].sort()[1]).toBe("b1")
  expect([...places].sort()).toEqual(["a1", "a2", "b1", "b1"])
})

test("binpack takes the fullest instance that has room, so that others stay free", async () => {
  const instances = [anInstance("large"), anInstance("small", { size: { memory: 1024 } })]
  const places = await placed(instances, aRequest({ strategy: [{ type: "binpack", field: "memory" }] }), 3)

  expect(places).toEqual(["small", "small", "large"])
})

test("a task goes nowhere when no instance has room, and each instance says why not", async () => {
  const { store, world } = await startStore(tables)
  store.transact(HOME, (tx) => {
    tx.put(containerInstances, anInstance("full", { size: { cpu: 100 } }))
    tx.put(containerInstances, anInstance("away", { agentConnected: false }))
    tx.put(containerInstances, anInstance("draining", { status: "DRAINING" }))

    expect(planPlacement(tx.view(capacity), aRequest(), world.random)).toBeUndefined()
    const refusals = explainPlacement(tx.view(capacity), aRequest())
    expect(refusals.map(({ instanceArn, reason }) => [instanceArn.split("/").at(-1), reason])).toEqual([
      ["full", "RESOURCE:CPU"],
      ["away", "AGENT"],
    ])
  })
})

test("tasks of one service stay on different instances where they must, and a stopping one makes room", async () => {
  const request = aRequest({ serviceArn: "web", group: "service:web", constraints: [{ type: "distinctInstance" }] })
  const instances = [anInstance("one"), anInstance("two")]
  const stopping = { ...taskAt("old", request, instances[0]!.arn, undefined), desiredStatus: "STOPPED" as const }

  expect((await placed(instances, request, 3, [stopping])).sort()).toEqual(["one", "two", undefined])
})

test("a task that wants the company of others finds its place once they have come", async () => {
  const { store, world } = await startStore(tables)
  const request = aRequest({ constraints: [{ type: "memberOf", expression: "task:group == database" }] })
  store.transact(HOME, (tx) => {
    const [one, two] = [anInstance("one"), anInstance("two")]
    for (const instance of [one, two]) tx.put(containerInstances, instance)
    expect(planPlacement(tx.view(capacity), request, world.random)).toBeUndefined()

    tx.put(tasks, aTask("database", { instanceArn: two.arn, group: "database" }))
    expect(planPlacement(tx.view(capacity), request, world.random)?.instanceArn).toBe(two.arn)
  })
})

test("on FARGATE a service is spread over the zones by its owner's count, on instances that are someone else's", async () => {
  const { store, world } = await startStore(tables)
  const POOL = "444455556666/us-east-1"
  const pool = ["a", "b"].map((zone) => anInstance(zone, { clusterArn: "pool", attributes: aZone(zone) }))
  const kin = { serviceArn: "web", group: "service:web" }
  const zones = store.transact(HOME, (tx) => {
    for (const instance of pool) tx.anywhere.in(POOL).put(containerInstances, instance)
    const theirs = { taskArn: "theirs", scope: "x", instanceArn: pool[1]!.arn, demand: aDemand() }
    tx.anywhere.in(POOL).put(poolTasks, theirs)
    tx.put(tasks, aTask("first", { ...kin, launchType: "FARGATE", zone: "a", instanceArn: pool[0]!.arn }))

    return [1, 2, 3].map((number) => {
      const tasksByZone = tx.view(capacity).tasksByZone(aTask("").clusterArn, kin)
      const request = aRequest({ ...kin, clusterArn: "pool", launchType: "FARGATE", tasksByZone })
      const { instanceArn, zone } = planPlacement(tx.anywhere.in(POOL).view(capacity), request, world.random)!
      tx.put(tasks, taskAt(`${number}`, { ...request, clusterArn: aTask("").clusterArn }, instanceArn, zone))
      tx.anywhere.in(POOL).put(poolTasks, { taskArn: `${number}`, scope: HOME, instanceArn, demand: aDemand() })
      return zone!
    })
  })

  expect(zones[0]).toBe("b")
  expect(zones.slice(1).sort()).toEqual(["a", "b"])
  store.transact(POOL, (tx) => expect(tx.view(capacity).instance(pool[1]!.arn)?.cpuFree).toBe(2048 - 3 * 256))
})

test("a task gets GPUs that no other task has", async () => {
  const { store, world } = await startStore(tables)
  store.transact(HOME, (tx) => {
    const instance = anInstance("one", { size: { gpuIds: ["g0", "g1", "g2"] } })
    tx.put(containerInstances, instance)
    const container = { arn: "c", name: "c", image: "i", essential: true, cpu: 0, gpuIds: ["g1"] } as const
    const containers = [{ ...container, lastStatus: "RUNNING", health: "UNKNOWN" } as const]
    tx.put(tasks, aTask("first", { instanceArn: instance.arn, demand: aDemand({ gpus: 1 }), containers }))

    const two = aRequest({ demand: aDemand({ gpus: 2 }) })
    expect(planPlacement(tx.view(capacity), two, world.random)?.gpuIds).toEqual(["g0", "g2"])
    const three = aRequest({ demand: aDemand({ gpus: 3 }) })
    expect(planPlacement(tx.view(capacity), three, world.random)).toBeUndefined()
  })
})

test("an instance reserves no more than a hundred ports, its own included", async () => {
  const ports = [...Array(49).keys()].map((port) => `${port + 1000}/tcp`)
  const more = ports.map((port) => `1${port}`)
  const places = [
    await placed([anInstance("one")], aRequest({ demand: aDemand({ ports: [...ports, ...more] }) }), 1),
    await placed([anInstance("one")], aRequest({ demand: aDemand({ ports: [...ports, ...more, "9/udp"] }) }), 1),
  ]

  expect(places).toEqual([["one"], [undefined]])
})

test("chance takes every one of equal instances", async () => {
  const instances = [...Array(5).keys()].map((number) => anInstance(`${number}`, { size: { cpu: 1e6, memory: 1e6 } }))
  const places = await placed(instances, aRequest(), 500)

  for (const { arn } of instances) {
    const share = places.filter((place) => arn.endsWith(`/${place}`)).length
    expect(share).toBeGreaterThan(50)
  }
})

const EXPRESSIONS = [
  "attribute:rack == r1",
  "not (task:group == family:web)",
  "task:group == s",
  "runningTasksCount < 2 and attribute:ecs.availability-zone in [a, b]",
  "attribute:rack =~ r[12] or runningTasksCount > 0",
]

const someConstraints: fc.Arbitrary<PlacementConstraint[]> = fc.array(
  fc.oneof(
    fc.constant<PlacementConstraint>({ type: "distinctInstance" }),
    fc.constantFrom(...EXPRESSIONS).map((expression): PlacementConstraint => ({ type: "memberOf", expression })),
  ),
  { maxLength: 2 },
)

/** Mostly the simplest value, so that most requests find a place for a while. */
const seldom = <T>(simplest: T, others: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(simplest) }, { weight: 1, arbitrary: others })

const ZONES: PlacementStrategy = { type: "spread", field: "attribute:ecs.availability-zone" }
const RACKS: PlacementStrategy = { type: "spread", field: "attribute:rack" }
const HOSTS: PlacementStrategy = { type: "spread", field: "instanceId" }
const CPU: PlacementStrategy = { type: "binpack", field: "cpu" }
const MEMORY: PlacementStrategy = { type: "binpack", field: "memory" }

const someStrategy: fc.Arbitrary<PlacementStrategy[]> = fc.oneof(
  fc.constantFrom<PlacementStrategy[][]>([], [ZONES, RACKS], [ZONES, RACKS, HOSTS], [ZONES, CPU, MEMORY]),
  fc.array(fc.constantFrom<PlacementStrategy[]>(ZONES, RACKS, HOSTS, CPU, MEMORY, { type: "random" }), {
    minLength: 1,
    maxLength: 3,
  }),
)

const someDemand = fc.record({
  cpu: fc.constantFrom(0, 64, 128),
  memory: fc.constantFrom(64, 128),
  ports: seldom<string[]>([], fc.subarray(["80/tcp", "80/udp", "22/tcp", "40000/tcp"])),
  gpus: seldom(0, fc.constant(1)),
  interfaces: seldom(0, fc.constant(1)),
})

const someRequest = fc
  .record({
    demand: someDemand,
    kin: fc.constantFrom({ group: "family:web" }, { group: "s" }),
    requiredAttributes: seldom<Attribute[]>([], fc.constantFrom([{ name: "fast" }], [{ name: "rack", value: "r1" }])),
    constraints: seldom<PlacementConstraint[]>([], someConstraints),
    strategy: someStrategy,
    zones: seldom<string[] | undefined>(undefined, fc.constantFrom(["a"], ["a", "b"])),
    capacityProvider: seldom<string | undefined>(undefined, fc.constant("p")),
    launchType: seldom<"EC2" | "EXTERNAL">("EC2", fc.constant("EXTERNAL")),
  })
  .map(({ kin, ...rest }) => aRequest({ ...rest, ...kin }))

const someInstance = fc.record({
  size: fc.record({
    cpu: fc.constantFrom(256, 512, 4096),
    memory: fc.constantFrom(256, 512, 4096),
    gpuIds: fc.constantFrom([], ["g0", "g1"]),
  }),
  attributes: fc
    .record(
      {
        "ecs.availability-zone": fc.constantFrom("a", "b", "c"),
        rack: fc.constantFrom("r1", "r2"),
        fast: fc.constant(""),
        "ecs.capability.external": fc.constant(""),
        "homeport.task-interfaces": fc.constantFrom("1", "2"),
      },
      { requiredKeys: [] },
    )
    .map(attributes),
  status: fc.constantFrom(
    "ACTIVE" as const,
    "ACTIVE" as const,
    "ACTIVE" as const,
    "DRAINING" as const,
    "INACTIVE" as const,
  ),
  agentConnected: fc.constantFrom(true, true, true, false),
  capacityProvider: fc.constantFrom(undefined, "p"),
})

type Step = { readonly undone: boolean } & (
  | { readonly kind: "place"; readonly request: number; readonly copied: boolean; readonly port: number }
  | { readonly kind: "task"; readonly task: number; readonly change: Partial<Task> }
  | { readonly kind: "forget"; readonly task: number }
  | { readonly kind: "instance"; readonly id: number; readonly changes: Partial<ContainerInstance> }
  | { readonly kind: "remove"; readonly id: number }
  | { readonly kind: "pool"; readonly id: number; readonly demand: Task["demand"] }
)

const undone = seldom(false, fc.constant(true))
const someStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("place" as const),
      request: fc.nat(2),
      copied: fc.boolean(),
      port: fc.constantFrom(0, 40_000),
      undone,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("task" as const),
      task: fc.nat(30),
      change: fc.constantFrom<Partial<Task>[]>(
        { lastStatus: "RUNNING" },
        { lastStatus: "STOPPED", desiredStatus: "STOPPED" },
        { desiredStatus: "STOPPED" },
      ),
      undone,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const), task: fc.nat(30), undone }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("instance" as const), id: fc.nat(8), changes: someInstance, undone }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), id: fc.nat(8), undone }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("pool" as const), id: fc.nat(5), demand: someDemand, undone }),
  },
)

test("a plan always takes an instance that a plain scan finds best, gives up only where the scan does, and the capacity stays what counting anew gives", async () => {
  const scenario = fc.tuple(
    fc.array(someInstance, { minLength: 1, maxLength: 9, size: "max" }),
    fc.tuple(someRequest, someRequest).map(([one, other]) => [one, other, { ...one, serviceArn: one.group }]),
    fc.array(someStep, { minLength: 5, maxLength: 60, size: "max" }),
  )
  await fc.assert(
    fc.asyncProperty(scenario, async ([instances, requests, steps]) => {
      const { store, world } = await startStore(tables)
      store.transact(HOME, (tx) => {
        for (const [id, changes] of instances.entries()) tx.put(containerInstances, anInstance(`${id}`, changes))
      })
      for (const [number, step] of steps.entries()) {
        const outcome = store.attempt(HOME, (tx) => {
          carryOut(tx, step, number, requests, world.random)
          if (step.undone) throw new Undone()
        })
        if (!outcome.ok && !(outcome.error instanceof Undone)) throw outcome.error
        store.transact(HOME, (tx) => expect(shown(tx.view(capacity))).toEqual(shown(countedAnew(tx))))
      }
    }),
    { numRuns: process.env.HOMEPORT_FULL === "1" ? 5000 : 600 },
  )
})

class Undone extends Error {}

function carryOut(
  tx: Tx,
  step: Step,
  number: number,
  requests: readonly PlacementRequest[],
  random: Parameters<typeof planPlacement>[2],
): void {
  switch (step.kind) {
    case "place": {
      const request = step.copied ? structuredClone(requests[step.request]!) : requests[step.request]!
      const expected = scanPlacement(recordsOf(tx), request)
      const spot = planPlacement(tx.view(capacity), request, random)
      if (spot === undefined) {
        expect([...expected.best]).toEqual([])
        const reasons = explainPlacement(tx.view(capacity), request).map(
          ({ instanceArn, reason }) => [instanceArn, reason] as const,
        )
        expect(new Map(reasons)).toEqual(expected.reasons)
        return
      }
      expect([...expected.best]).toContain(spot.instanceArn)
      const container = {
        arn: "c",
        name: "c",
        image: "i",
        essential: true,
        cpu: 0,
        lastStatus: "RUNNING" as const,
        health: "UNKNOWN" as const,
        gpuIds: spot.gpuIds,
        networkBindings: step.port === 0 ? [] : [{ hostPort: step.port, protocol: "tcp" as const }],
      }
      expect(spot.gpuIds).toHaveLength(request.demand.gpus)
      const task = taskAt(`${number}`, request, spot.instanceArn, spot.zone)
      tx.put(tasks, { ...task, lastStatus: "PENDING", containers: [container] })
      return
    }
    case "task": {
      const all = tx.list(tasks)
      const task = all[step.task % Math.max(1, all.length)]
      if (task !== undefined && task.lastStatus !== "STOPPED") tx.put(tasks, { ...task, ...step.change })
      return
    }
    case "forget": {
      const all = tx.list(tasks)
      const task = all[step.task % Math.max(1, all.length)]
      if (task !== undefined) tx.delete(tasks, task.arn)
      return
    }
    case "instance":
      tx.put(containerInstances, anInstance(`${step.id}`, step.changes))
      return
    case "remove":
      tx.delete(containerInstances, anInstance(`${step.id}`).arn)
      return
    case "pool": {
      const instanceArn = anInstance(`${step.id}`).arn
      tx.put(poolTasks, { taskArn: `${step.id}`, scope: HOME, instanceArn, demand: step.demand })
    }
  }
}

function recordsOf(tx: Tx): Records {
  return { instances: tx.all(containerInstances), tasks: tx.all(tasks), poolTasks: tx.all(poolTasks) }
}

function countedAnew(tx: Tx): Capacity {
  const anew = new Capacity()
  // The tasks first: the order in which records come must not matter.
  for (const task of tx.all(tasks)) anew.changed(tasks, undefined, task)
  for (const task of tx.all(poolTasks)) anew.changed(poolTasks, undefined, task)
  for (const instance of tx.all(containerInstances)) anew.changed(containerInstances, undefined, instance)
  return anew
}

/** All that a capacity knows, as plain data. */
function shown(known: Capacity): unknown {
  const sorted = <T>(entries: Iterable<readonly [string, T]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
  const kinName = ({ serviceArn, group }: { serviceArn: string | undefined; group: string }) => `${serviceArn} ${group}`
  return {
    instances: sorted(known.instances()).map(([arn, instance]) => [
      arn,
      instance.face,
      instance.cpuFree,
      instance.memoryFree,
      instance.gpusFree,
      instance.interfacesFree,
      instance.running,
      instance.pending,
      sorted([...instance.tasks.counts].map(([kin, count]) => [kinName(kin), count] as const)),
      ["80/tcp", "80/udp", "22/tcp", "40000/tcp"].map((port) => instance.hasPorts([port])),
      instance.freeGpuIds(9),
    ]),
    clusters: sorted(known.clusters()).map(([arn, cluster]) => [
      arn,
      [...cluster.instances.keys()].sort(),
      cluster.registeredInstances,
      sorted(cluster.running.counts),
      sorted(cluster.pending.counts),
      sorted([...cluster.kins()].map((kin) => [kinName(kin), [kin.tasks, sorted(kin.zones.counts)]] as const)),
    ]),
  }
}
