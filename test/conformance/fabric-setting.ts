import { onTestFinished } from "vitest"
import { type FabricFailure, FabricLink, type FabricSink } from "../../src/node/fabric-link/fabric-link.ts"
import { AGENT_ACTIONS } from "../../src/services/ecs/index.ts"
import { type Shop, SUBNET, startShop } from "../../src/services/ecs/task/testing.ts"
import type { TestWorld } from "../../src/services/testing.ts"
import type { FabricKind, FabricPut, fabricRecords } from "../../src/wire/fabric.ts"
import type { Of } from "../../src/wire/shape.ts"
import { DoorRegion } from "./door-region.ts"

type RecordOf<K extends FabricKind> = Of<(typeof fabricRecords)[K]>

/** What a machine would make true: here it is only noted. */
export class NotedFabric implements FabricSink {
  readonly records = new Map<string, { readonly id: string }>()
  readonly steps: { readonly kind: "snapshot" | "change"; readonly version: number; readonly count: number }[] = []
  failures: readonly FabricFailure[] = []
  #version: number | undefined

  version(): number | undefined {
    return this.#version
  }

  async snapshot(_stream: string, version: number, put: FabricPut): Promise<readonly FabricFailure[]> {
    this.records.clear()
    return this.#take("snapshot", version, put)
  }

  async change(
    _stream: string,
    version: number,
    put: FabricPut,
    removed: Readonly<Record<string, readonly string[]>>,
  ): Promise<readonly FabricFailure[]> {
    for (const [kind, ids] of Object.entries(removed)) for (const id of ids) this.records.delete(`${kind} ${id}`)
    return this.#take("change", version, put)
  }

  all<K extends FabricKind>(kind: K): RecordOf<K>[] {
    return [...this.records].flatMap(([key, record]) => (key.startsWith(`${kind} `) ? [record as RecordOf<K>] : []))
  }

  /** In an order of its own, to compare it with another's. */
  content(): [string, unknown][] {
    return [...this.records].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  #take(kind: "snapshot" | "change", version: number, put: FabricPut): readonly FabricFailure[] {
    let count = 0
    for (const [of, records] of Object.entries(put)) {
      for (const record of records as readonly { readonly id: string }[]) {
        this.records.set(`${of} ${record.id}`, record)
        count += 1
      }
    }
    this.#version = version
    this.steps.push({ kind, version, count })
    return this.failures
  }
}

export interface FabricNode {
  readonly fabric: NotedFabric
  readonly link: FabricLink
  readonly region: DoorRegion
}

/** A machine that follows an instance of the shop's; with another's fabric it goes on where that one was. */
export function follow(
  { world, door, as }: Pick<TestWorld, "world" | "door" | "as">,
  instanceArn: string,
  { fabric = new NotedFabric(), address }: { readonly fabric?: NotedFabric; readonly address?: string } = {},
): FabricNode {
  const account = instanceArn.split(":")[4] === "000000000000" ? { account: "000000000000" as const } : {}
  const { credentials } = as({ ...account, only: AGENT_ACTIONS })
  const region = new DoorRegion(world, door, credentials)
  const link = new FabricLink({
    world,
    region,
    fabric,
    stream: "local",
    instanceArn,
    ...(address !== undefined && { underlayAddress: address }),
  })
  link.start()
  onTestFinished(() => link.stop())
  return { fabric, link, region }
}

export { type Shop, SUBNET, startShop }
