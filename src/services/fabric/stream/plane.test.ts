import fc from "fast-check"
import { expect, test } from "vitest"
import { INSTALLATION, regionScope } from "../../../store/changes.ts"
import { startStore } from "../../../store/testing.ts"
import type { Tx } from "../../../store/transaction.ts"
import { simulatedWorld } from "../../../world/simulated.ts"
import {
  attachInterface,
  defaultVpc,
  deleteInterface,
  ec2,
  elasticIps,
  networkInterfaces,
  securityGroups,
  subnets,
  type VpcPeeringConnection,
  vpcPeeringConnections,
  vpcs,
} from "../../ec2/index.ts"
import { affectedVpcs } from "../affected.ts"
import { hostInterface, unhostInterface } from "../host.ts"
import { fabricTables } from "../index.ts"
import { keyOf } from "../record.ts"
import { hostedInterfaces, machines } from "../tables.ts"
import { type HostView, Plane } from "./plane.ts"

const ACCOUNTS = ["111111111111", "222222222222", "333333333333"]
const HOSTS = ["host-a", "host-b"]

/** Three accounts with a default VPC each, and a plane that hears of every change. */
async function start() {
  const world = simulatedWorld()
  const { store } = await startStore([...ec2.tables, ...fabricTables], { world })
  const plane = new Plane(world.now())
  store.observe(({ changes }) => {
    touched.push(...changes)
  })
  const touched: Parameters<typeof affectedVpcs>[1][] = []
  const { random } = world
  const now = () => world.now()
  const scopes = ACCOUNTS.map((account) => regionScope(account, "us-east-1"))
  const vpcIds = scopes.map((scope) =>
    store.transact(scope, (tx) => {
      const { id } = defaultVpc({ tx, now: now(), random })!
      hostInterface({ tx, random }, { id: "eni-none", vpcId: id }, "nowhere")
      unhostInterface(tx, "eni-none")
      return id
    }),
  )

  function change(account: number, work: (tx: Tx) => void): void {
    store.transact(scopes[account]!, work)
    store.transact(INSTALLATION, (tx) => {
      for (const one of touched.splice(0)) for (const vpcId of affectedVpcs(tx, one)) plane.touch(vpcId)
    })
  }

  return {
    store,
    plane,
    vpcIds,
    scopes,
    change,
    attach(account: number, host: number) {
      change(account, (tx) => {
        const subnetId = tx.where(subnets, "vpc", vpcIds[account]!)[0]!.id
        const request = { subnetId, securityGroupIds: [], description: "", requester: "test" }
        hostInterface({ tx, random }, attachInterface(tx, { now: now(), random, ...request }), HOSTS[host]!)
      })
    },
    detach(account: number, which: number) {
      change(account, (tx) => {
        const all = tx.list(networkInterfaces)
        const one = all[which % Math.max(1, all.length)]
        if (one === undefined) return
        unhostInterface(tx, one.id)
        deleteInterface(tx, one.id, { now: now() })
      })
    },
    leave(account: number, host: number) {
      change(account, (tx) => {
        const { installation } = tx.anywhere
        for (const { interfaceId, vpcId } of installation.where(hostedInterfaces, "host", HOSTS[host]!)) {
          if (vpcId !== vpcIds[account]) continue
          unhostInterface(tx, interfaceId)
          deleteInterface(tx, interfaceId, { now: now() })
        }
      })
    },
    peer(a: number, b: number, status: VpcPeeringConnection["status"]) {
      if (a === b) return
      const side = (at: number) => ({
        account: ACCOUNTS[at]!,
        region: "us-east-1",
        vpcId: vpcIds[at]!,
        cidrs: [],
        ipv6Cidrs: [],
        allowDnsResolution: false,
      })
      const [first, second] = a < b ? [a, b] : [b, a]
      const connection: VpcPeeringConnection = {
        id: `pcx-${first}${second}`,
        status,
        statusMessage: "",
        requester: side(first),
        accepter: side(second),
        createdAt: 0,
        expiresAt: 0,
        endedAt: undefined,
      }
      for (const at of [first, second]) change(at, (tx) => tx.put(vpcPeeringConnections, connection))
    },
    group(account: number, name: string) {
      change(account, (tx) => {
        tx.put(securityGroups, { id: `sg-${account}`, vpcId: vpcIds[account]!, name, description: "" })
      })
    },
    hostnames(account: number, enableDnsHostnames: boolean) {
      change(account, (tx) => tx.put(vpcs, { ...tx.mustGet(vpcs, vpcIds[account]!), enableDnsHostnames }))
    },
    address(account: number, which: number) {
      change(account, (tx) => {
        const all = tx.list(networkInterfaces)
        const one = all[which % Math.max(1, all.length)]
        if (one === undefined) return
        const association = { id: "a", interfaceId: one.id, privateAddress: one.privateAddresses[0]! }
        tx.put(elasticIps, { id: `eipalloc-${account}`, publicIp: "192.0.2.1", association, createdAt: 0 })
      })
    },
    machine(host: number, underlayAddress: string) {
      change(0, (tx) => tx.anywhere.installation.put(machines, { host: HOSTS[host]!, underlayAddress }))
    },
    advance: (view: HostView) => store.transact(INSTALLATION, (tx) => plane.advance(tx, view)),
  }
}

/** A machine that may lose what it is told: it then comes back with the version that it knows. */
class Follower {
  readonly known = new Map<string, object>()
  #version: number | undefined
  #view: HostView
  readonly #started: Awaited<ReturnType<typeof start>>
  readonly #host: string

  constructor(started: Awaited<ReturnType<typeof start>>, host: string) {
    this.#started = started
    this.#host = host
    this.#view = started.plane.viewOf(host, undefined)
  }

  hear(): void {
    const step = this.#started.advance(this.#view)
    if (step === undefined) return
    if (step.kind === "snapshot") this.known.clear()
    else {
      expect(step.from).toBe(this.#version)
      expect(step.version).toBeGreaterThan(step.from)
      for (const name of step.removed) this.known.delete(keyOf(name))
    }
    for (const { kind, record } of step.put) this.known.set(keyOf({ kind, id: record.id }), record)
    this.#version = step.version
  }

  lose(): void {
    this.#started.advance(this.#view)
  }

  comeBack(): void {
    this.#view = this.#started.plane.viewOf(this.#host, this.#version)
  }
}

const account = fc.nat(ACCOUNTS.length - 1)
const host = fc.nat(HOSTS.length - 1)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant("attach" as const), account, host) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("detach" as const), account, fc.nat(9)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("leave" as const), account, host) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("peer" as const), account, account) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("unpeer" as const), account, account) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("group" as const), account, fc.nat(3)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("hostnames" as const), account, fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("address" as const), account, fc.nat(9)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("machine" as const), host, fc.nat(3)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("hear" as const), host, fc.nat(0)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("lose" as const), host, fc.nat(0)) },
)

test("whatever is lost on the way, a machine that comes back knows in the end what a fresh snapshot tells", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const started = await start()
      const followers = HOSTS.map((name) => new Follower(started, name))
      for (const [kind, a, b] of steps) {
        if (kind === "attach") started.attach(a, b)
        else if (kind === "leave") started.leave(a, b)
        else if (kind === "detach") started.detach(a, b)
        else if (kind === "peer") started.peer(a, b, "active")
        else if (kind === "unpeer") started.peer(a, b, "deleted")
        else if (kind === "group") started.group(a, `name-${b}`)
        else if (kind === "hostnames") started.hostnames(a, b === 1)
        else if (kind === "address") started.address(a, b)
        else if (kind === "machine") started.machine(a, `192.0.2.${b}`)
        else if (kind === "hear") followers[a]!.hear()
        else {
          followers[a]!.lose()
          followers[a]!.comeBack()
        }
      }
      for (const [at, follower] of followers.entries()) {
        follower.hear()
        const fresh = new Plane(0)
        const whole = started.store.transact(INSTALLATION, (tx) =>
          fresh.advance(tx, fresh.viewOf(HOSTS[at]!, undefined)),
        )
        const told = new Map(whole!.put.map(({ kind, record }) => [keyOf({ kind, id: record.id }), record]))
        expect(new Map([...follower.known].sort())).toEqual(new Map([...told].sort()))
      }
    }),
    { numRuns: 150 },
  )
}, 60_000)

test("a machine that lost nothing is told nothing twice", async () => {
  const started = await start()
  started.attach(0, 0)
  const view = started.plane.viewOf(HOSTS[0]!, undefined)
  expect(started.advance(view)?.kind).toBe("snapshot")
  expect(started.advance(view)).toBeUndefined()
  started.attach(0, 1)
  expect(started.advance(view)).toMatchObject({ kind: "change", removed: [] })
  expect(started.advance(view)).toBeUndefined()
  // A VPC that it has nothing to do with costs it nothing.
  started.attach(1, 1)
  expect(started.advance(view)).toBeUndefined()
})

test("a VPC that nobody follows any more is forgotten", async () => {
  const started = await start()
  started.attach(0, 0)
  const view = started.plane.viewOf(HOSTS[0]!, undefined)
  started.advance(view)
  expect([...started.plane.followers(started.vpcIds[0]!)]).toEqual([HOSTS[0]])
  started.plane.forget(view)
  expect([...started.plane.followers(started.vpcIds[0]!)]).toEqual([])
  expect(started.store.size(hostedInterfaces)).toBe(1)
})
