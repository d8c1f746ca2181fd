import { EC2 } from "@aws-sdk/client-ec2"
import { ECS } from "@aws-sdk/client-ecs"
import { KMS } from "@aws-sdk/client-kms"
import { STS } from "@aws-sdk/client-sts"
import { rootOnly } from "../aws/authorizer.ts"
import { type FrontDoor, frontDoor } from "../aws/front-door.ts"
import { keysOf } from "../aws/keys.ts"
import type { Service } from "../aws/service.ts"
import { sdkHandler } from "../aws/testing.ts"
import { INSTALLATION } from "../store/changes.ts"
import { ControllerRunner } from "../store/controller.ts"
import { retention } from "../store/retention.ts"
import type { Store } from "../store/store.ts"
import { startStore } from "../store/testing.ts"
import { recordingLog } from "../world/log.ts"
import { type SimulatedWorld, simulatedWorld } from "../world/simulated.ts"
import { createAccessKey, createAccount, principalOf } from "./accounts/index.ts"
import { catalog, otherTables } from "./catalog.ts"
import type { POOL_ACCOUNT } from "./ecs/index.ts"

/** A whole region in the test's own process, with clients of one new account. */
export interface TestWorld extends Clients {
  readonly world: SimulatedWorld
  readonly store: Store
  readonly door: FrontDoor
  readonly log: ReturnType<typeof recordingLog>

  /**
   * Clients of another new account, of the pool's, of this one in another region, or of this one with a key for some
   * actions only.
   */
  as(options: {
    readonly region?: string
    readonly account?: "another" | typeof POOL_ACCOUNT
    readonly only?: readonly string[]
  }): Clients

  /** The same disk under a new process, as after a restart. */
  restart(): Promise<TestWorld>
}

export interface Clients {
  readonly account: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly ec2: EC2
  readonly ecs: ECS
  readonly kms: KMS
  readonly sts: STS
}

export interface TestWorldOptions {
  readonly services?: readonly Service[]
  readonly world?: SimulatedWorld
  readonly appendMs?: () => number
}

export async function startWorld(options: TestWorldOptions = {}): Promise<TestWorld> {
  const log = recordingLog()
  return open(options.world ?? simulatedWorld({ log }), log, options)
}

const KEYS = keysOf(new Uint8Array(32).fill(7))

async function open(
  world: SimulatedWorld,
  log: ReturnType<typeof recordingLog>,
  options: TestWorldOptions,
  earlier?: { readonly disk: Awaited<ReturnType<typeof startStore>>["disk"]; readonly home: Clients },
): Promise<TestWorld> {
  const { services = catalog, appendMs } = options
  const tables = [...new Set([...otherTables, ...services.flatMap((service) => service.tables)])]
  const { store, disk, journal } = await startStore(tables, {
    world,
    ...(earlier && { disk: earlier.disk }),
    ...(appendMs && { appendMs }),
  })
  const runner = new ControllerRunner(world, store, [
    ...retention(tables),
    ...services.flatMap((service) => service.controllers),
  ])
  runner.start()
  const door = frontDoor({
    world,
    store,
    services,
    authorizer: rootOnly,
    keys: KEYS,
    identify(tx, { accessKeyId, region }) {
      const principal = principalOf(tx, accessKeyId, region)
      return principal && { secret: KEYS.secretOf(accessKeyId), principal }
    },
  })

  function clients(account: string, accessKeyId: string, region = "us-east-1"): Clients {
    const credentials = { accessKeyId, secretAccessKey: KEYS.secretOf(accessKeyId) }
    const config = {
      region,
      credentials,
      maxAttempts: 1,
      requestHandler: sdkHandler(door, world, appendMs === undefined ? 0 : 1) as never,
      systemClockOffset: world.now() - Date.now(),
    }
    return {
      account,
      credentials,
      ec2: new EC2(config),
      ecs: new ECS(config),
      kms: new KMS(config),
      sts: new STS(config),
    }
  }

  function newAccount(region?: string): Clients {
    const { account, accessKey } = store.transact(INSTALLATION, (tx) => createAccount(tx, world.now(), world.random))
    return clients(account.id, accessKey.id, region)
  }

  function newKey(account: string, only: readonly string[] | undefined, region?: string): Clients {
    const properties = { account, ...(only && { only }), createdAt: world.now() }
    return clients(
      account,
      store.transact(INSTALLATION, (tx) => createAccessKey(tx, properties, world.random)).id,
      region,
    )
  }

  const home =
    earlier === undefined ? newAccount() : clients(earlier.home.account, earlier.home.credentials.accessKeyId)
  return {
    ...home,
    world,
    store,
    door,
    log,
    as({ region, account, only }) {
      if (account === "another") return newAccount(region)
      if (account !== undefined) return newKey(account, only, region)
      if (only !== undefined) return newKey(home.account, only, region)
      return clients(home.account, home.credentials.accessKeyId, region)
    },
    async restart() {
      await world.settle()
      runner.stop()
      journal.crash()
      return open(world, log, options, { disk, home })
    },
  }
}
