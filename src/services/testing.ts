import { EC2 } from "@aws-sdk/client-ec2"
import { ECS } from "@aws-sdk/client-ecs"
import { IAM } from "@aws-sdk/client-iam"
import { KMS } from "@aws-sdk/client-kms"
import { SecretsManager } from "@aws-sdk/client-secrets-manager"
import { SSM } from "@aws-sdk/client-ssm"
import { STS } from "@aws-sdk/client-sts"
import { type FrontDoor, type FrontDoorOptions, frontDoor } from "../aws/front-door.ts"
import { keysOf } from "../aws/keys.ts"
import type { Service } from "../aws/service.ts"
import { sdkHandler } from "../aws/testing.ts"
import { identifyBy } from "../main/identify.ts"
import { INSTALLATION } from "../store/changes.ts"
import { ControllerRunner } from "../store/controller.ts"
import { retention } from "../store/retention.ts"
import type { Store } from "../store/store.ts"
import { startStore } from "../store/testing.ts"
import { recordingLog } from "../world/log.ts"
import { type SimulatedWorld, simulatedWorld } from "../world/simulated.ts"
import { createAccessKey, createAccount } from "./accounts/index.ts"
import { catalog, otherTables } from "./catalog.ts"
import type { POOL_ACCOUNT } from "./ecs/index.ts"
import { authorizer, iam, roleArn } from "./iam/index.ts"
import { addRole, addUser, type Document } from "./iam/testing.ts"
import { issueRoleSession } from "./sts/index.ts"

/** A whole region in the test's own process, with clients of one new account. */
export interface TestWorld extends Clients {
  readonly world: SimulatedWorld
  readonly store: Store
  readonly door: FrontDoor

  /** What the door is made of, for what answers beside it from the same state. */
  readonly doorOptions: FrontDoorOptions
  readonly log: ReturnType<typeof recordingLog>

  /**
   * Clients of another new account, of the pool's, of this one in another region, or of this one with a key for some
   * actions only; of a new user, or a session of a new role, with this policy; or of whoever has these credentials.
   */
  as(options: {
    readonly region?: string
    readonly account?: "another" | typeof POOL_ACCOUNT
    readonly only?: readonly string[]
    readonly user?: Document
    readonly role?: Document
    readonly credentials?: Clients["credentials"]
  }): Clients

  /** The same disk under a new process, as after a restart. */
  restart(): Promise<TestWorld>
}

export interface Clients {
  readonly account: string
  readonly credentials: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
  readonly ec2: EC2
  readonly ecs: ECS
  readonly iam: IAM
  readonly kms: KMS
  readonly secretsManager: SecretsManager
  readonly ssm: SSM
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
  const tables = [...new Set([...otherTables, ...iam.tables, ...services.flatMap((service) => service.tables)])]
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
  const doorOptions: FrontDoorOptions = {
    world,
    store,
    services,
    authorizer,
    keys: KEYS,
    identify: identifyBy(KEYS, world),
  }
  const door = frontDoor(doorOptions)

  function clients(account: string, credentials: Clients["credentials"], region = "us-east-1"): Clients {
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
      iam: new IAM(config),
      kms: new KMS(config),
      secretsManager: new SecretsManager(config),
      ssm: new SSM(config),
      sts: new STS(config),
    }
  }

  function withKey(account: string, id: string, region?: string): Clients {
    return clients(account, { accessKeyId: id, secretAccessKey: KEYS.secretOf(id) }, region)
  }

  function newAccount(region?: string): Clients {
    const { account, accessKey } = store.transact(INSTALLATION, (tx) => createAccount(tx, world.now(), world.random))
    return withKey(account.id, accessKey.id, region)
  }

  function newKey(account: string, properties: { readonly only?: readonly string[]; readonly user?: string }): string {
    const made = { account, ...properties, createdAt: world.now() }
    return store.transact(INSTALLATION, (tx) => createAccessKey(tx, made, world.random)).id
  }

  function newSession(account: string, policy: Document): Clients["credentials"] {
    const arn = roleArn({ account, region: "us-east-1" }, addRole(store, world, account, policy))
    const named = { roleArn: arn, sessionName: "test", seconds: 3600, now: world.now(), random: world.random }
    const issued = store.transact(INSTALLATION, (tx) => issueRoleSession(tx, KEYS, named))!
    const { accessKeyId, secretAccessKey, sessionToken } = issued
    return { accessKeyId, secretAccessKey, sessionToken }
  }

  const home = earlier === undefined ? newAccount() : clients(earlier.home.account, earlier.home.credentials)
  return {
    ...home,
    world,
    store,
    door,
    doorOptions,
    log,
    as({ region, account, only, user, role, credentials }) {
      const own = account === undefined ? home : account === "another" ? newAccount(region) : undefined
      const id = own?.account ?? account!
      if (credentials !== undefined) return clients(id, credentials, region)
      if (role !== undefined) return clients(id, newSession(id, role), region)
      if (user !== undefined) {
        return withKey(id, newKey(id, { user: addUser(store, world, id, user).id }), region)
      }
      if (only !== undefined) return withKey(id, newKey(id, { only }), region)
      return own === undefined ? withKey(id, newKey(id, {}), region) : clients(id, own.credentials, region)
    },
    async restart() {
      await world.settle()
      runner.stop()
      journal.crash()
      return open(world, log, options, { disk, home })
    },
  }
}
