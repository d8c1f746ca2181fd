import type { ContainerStateChange, RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs"
import { accountOf, regionScope, type Scope } from "../../../store/changes.ts"
import type { Store } from "../../../store/store.ts"
import { seededRandom } from "../../../world/simulated.ts"
import { defaultVpc, subnets } from "../../ec2/index.ts"
import { startWorld, type TestWorld, type TestWorldOptions } from "../../testing.ts"
import { eventDetail } from "../event/read.ts"
import { anInstance } from "../placement/testing.ts"
import { POOL_ACCOUNT } from "../pool.ts"
import { clusters } from "../tables/cluster.ts"
import { type ContainerInstance, containerInstances } from "../tables/container-instance.ts"
import { events } from "../tables/event.ts"
import { type Task, tasks } from "../tables/task.ts"

/** A world with a cluster `shop`, a definition `web`, and whatever instances a test adds. */
export interface Shop extends TestWorld {
  readonly scope: Scope
  readonly clusterArn: string

  /** Puts an instance into the cluster; its ARN ends in 32 digits that begin with `id`. */
  instance(id: string, changes?: Parameters<typeof anInstance>[1]): ContainerInstance

  /** Puts an instance into the pool that is FARGATE. */
  poolInstance(id: string): ContainerInstance

  /** Changes a record in place of whoever owns it. */
  change(instance: ContainerInstance, changes: Partial<ContainerInstance>): void
  task(arn: string): Task

  /** What was told of a task, the oldest first. */
  eventsOf(taskArn: string): readonly Record<string, unknown>[]
}

export async function startShop(options: TestWorldOptions = {}): Promise<Shop> {
  const world = await startWorld(options)
  const { ecs, store, account } = world
  const scope = regionScope(account, "us-east-1")
  const { cluster } = await ecs.createCluster({ clusterName: "shop" })
  await ecs.registerTaskDefinition(WEB)
  openSubnet(world, scope)
  const clusterArn = cluster!.clusterArn!
  return {
    ...world,
    scope,
    clusterArn,
    instance: (id, changes = {}) =>
      putInstance(store, scope, {
        ...anInstance(id),
        clusterArn,
        arn: arnOf(account, "shop", id),
        ...sized(id, changes),
      }),
    poolInstance: (id) =>
      putInstance(store, regionScope(POOL_ACCOUNT, "us-east-1"), {
        ...anInstance(id),
        ec2InstanceId: undefined,
        clusterArn: `arn:aws:ecs:us-east-1:${POOL_ACCOUNT}:cluster/fargate`,
        arn: arnOf(POOL_ACCOUNT, "fargate", id),
        attributes: [...CAPABLE, { name: "ecs.availability-zone", value: "us-east-1a" }],
      }),
    change(instance, changes) {
      const where = instance.arn.split(":")[4] === POOL_ACCOUNT ? regionScope(POOL_ACCOUNT, "us-east-1") : scope
      putInstance(store, where, { ...instance, ...changes })
    },
    eventsOf: (taskArn) =>
      store.transact(scope, (tx) =>
        tx
          .list(events)
          .filter(({ resources }) => resources.includes(taskArn))
          .map((event) => eventDetail(tx, event) as Record<string, unknown>),
      ),
    task: (arn) => store.transact(scope, (tx) => tx.mustGet(tasks, arn)),
  }
}

/** The subnet is made as if EC2 had drawn this id for it. */
export function openSubnet({ store, world }: Pick<TestWorld, "store" | "world">, scope: Scope): void {
  store.transact(scope, (tx) => {
    // By a chance of its own, so that tests which need no network do not notice.
    const random = seededRandom(Number(accountOf(scope).slice(-9)))
    const vpc = defaultVpc({ tx, now: world.now(), random })!
    const [like] = tx.where(subnets, "vpc", vpc.id).filter(({ zone }) => zone === "us-east-1a")
    tx.put(subnets, { ...like!, id: SUBNET, cidr: "172.31.240.0/20", isDefaultForZone: false })
  })
}

/** Lets a task's agent find its interface. */
export async function attach(shop: Shop, arn: string): Promise<void> {
  const attachments = shop
    .task(arn)
    .attachments.map(({ id }) => ({ attachmentArn: `attachment/${id}`, status: "ATTACHED" }))
  const isPooled = shop.task(arn).launchType === "FARGATE"
  const agent = isPooled ? shop.as({ account: POOL_ACCOUNT }).ecs : shop.ecs
  await agent.submitTaskStateChange({ cluster: "shop", task: arn, attachments })
  await shop.world.settle()
}

const app = { name: "app", image: "nginx", cpu: 128, memory: 256 }

const WEB: RegisterTaskDefinitionCommandInput = { family: "web", containerDefinitions: [app] }

export const FARGATE_WEB: RegisterTaskDefinitionCommandInput = {
  family: "fargate-web",
  requiresCompatibilities: ["FARGATE"],
  networkMode: "awsvpc",
  cpu: "256",
  memory: "512",
  containerDefinitions: [{ name: "app", image: "nginx" }],
}

/** A subnet that every shop's account has in its default VPC. */
export const SUBNET = "subnet-0a0a0a0a"
export const IN_SUBNET = { awsvpcConfiguration: { subnets: [SUBNET] } }

/** What a task in awsvpc mode requires of an agent. */
export const CAPABLE = [
  { name: "com.amazonaws.ecs.capability.docker-remote-api.1.18" },
  { name: "ecs.capability.task-eni" },
]

/** Lets a capacity provider stand over instances, without the group that it would be on AWS. */
export function withProvider({ store, scope, clusterArn }: Shop, name: string): void {
  store.transact(scope, (tx) => {
    const cluster = tx.mustGet(clusters, clusterArn)
    tx.put(clusters, { ...cluster, capacityProviders: [...cluster.capacityProviders, name] })
  })
}

/** What an agent says of the containers of a task that runs as it should. */
export const RUNNING: ContainerStateChange[] = [
  { containerName: "app", status: "RUNNING", runtimeId: "f00d", imageDigest: "sha256:1" },
]

export const EXITED: ContainerStateChange[] = [{ containerName: "app", status: "STOPPED", exitCode: 0 }]

function sized(id: string, changes: Parameters<typeof anInstance>[1]): Partial<ContainerInstance> {
  const { size: _, ...rest } = changes ?? {}
  return { ...rest, ...(changes?.size && { registeredResources: anInstance(id, changes).registeredResources }) }
}

function arnOf(account: string, cluster: string, id: string): string {
  return `arn:aws:ecs:us-east-1:${account}:container-instance/${cluster}/${id.padEnd(32, "0")}`
}

function putInstance(store: Store, scope: Scope, instance: ContainerInstance): ContainerInstance {
  store.transact(scope, (tx) => tx.put(containerInstances, instance))
  return instance
}
