import { services } from "../../src/services/ecs/tables/service.ts"
import { sleep } from "../../src/world/world.ts"
import type { Input } from "../api.ts"
import { ACCOUNT, REGION } from "../identity.ts"
import type { Action, User } from "./action.ts"
import { anyOf, between, oneOf } from "./draw.ts"
import { type KnownService, MAIN_CLUSTER } from "./known.ts"

const SCOPE = `${ACCOUNT}/${REGION}`

async function createService(user: User): Promise<void> {
  const { random, api, known, acknowledged } = user
  if (known.living().length >= SERVICES_MAX) return
  const definition = anyOf(
    random,
    known.definitions.filter(({ isDeregistered }) => !isDeregistered),
  )
  if (definition === undefined) return
  const isDaemon = !definition.isFargate && random.below(4) === 0
  const isExternal = !isDaemon && random.below(8) === 0
  const desiredCount = between(random, 0, 5)
  const name = `service-${known.next()}`
  const input: Input<"CreateService"> = {
    cluster: MAIN_CLUSTER,
    serviceName: name,
    clientToken: name,
    schedulingStrategy: isDaemon ? "DAEMON" : "REPLICA",
    ...(!isDaemon && { desiredCount }),
    ...(isExternal
      ? { deploymentController: { type: "EXTERNAL" } }
      : {
          taskDefinition: definition.arn,
          launchType: definition.isFargate ? "FARGATE" : "EC2",
          ...(definition.isFargate && { networkConfiguration: known.network() }),
          deploymentConfiguration: deploymentConfiguration(user, isDaemon),
          ...(!definition.isFargate &&
            !isDaemon &&
            random.below(2) === 0 && {
              placementStrategy: [{ type: "spread", field: "attribute:ecs.availability-zone" }],
            }),
          ...(!isDaemon &&
            random.below(3) === 0 && { availabilityZoneRebalancing: oneOf(random, ["ENABLED", "DISABLED"] as const) }),
        }),
  }
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const answer = await api.call("CreateService", input)
    if (answer.ok === false) return
    if (answer.ok === "unknown") {
      await sleep(user.world, between(random, 100, 3_000))
      continue
    }
    const arn = answer.output.service!.serviceArn!
    // Whoever asks once more for what a colleague has deleted meanwhile gets another of the same name.
    acknowledged.note(`delete ${arn}`, undefined)
    if (known.services.has(arn)) return
    const made: KnownService = {
      name,
      arn,
      isFargate: definition.isFargate,
      isDaemon,
      isExternal,
      isDeleted: false,
      open: 0,
      changes: 0,
      taskSets: [],
    }
    known.services.set(arn, made)
    acknowledged.note(`service ${arn}`, {
      what: `${arn} was created`,
      scope: SCOPE,
      holds: (tx) => tx.get(services, arn) !== undefined,
    })
    if (!isDaemon) noteCount(user, made, desiredCount)
    if (random.below(3) > 0) return
  }
}

function deploymentConfiguration(
  { random }: User,
  isDaemon: boolean,
): NonNullable<Input<"CreateService">["deploymentConfiguration"]> {
  return {
    ...(isDaemon
      ? { minimumHealthyPercent: oneOf(random, [0, 50]), maximumPercent: 100 }
      : oneOf(random, [
          { minimumHealthyPercent: 100, maximumPercent: 200 },
          { minimumHealthyPercent: 50, maximumPercent: 150 },
          { minimumHealthyPercent: 50, maximumPercent: 100 },
          { minimumHealthyPercent: 0, maximumPercent: 200 },
          { minimumHealthyPercent: 66, maximumPercent: 133 },
        ])),
    ...(random.below(3) === 0 && { deploymentCircuitBreaker: { enable: true, rollback: random.below(2) === 0 } }),
  }
}

function noteCount({ acknowledged }: User, { arn }: KnownService, desiredCount: number): void {
  acknowledged.note(`count ${arn}`, {
    what: `${arn} was to have ${desiredCount} tasks`,
    scope: SCOPE,
    holds: (tx) => {
      const service = tx.get(services, arn)
      return service === undefined || service.status !== "ACTIVE" || service.desiredCount === desiredCount
    },
  })
}

/** Changes a service, and remembers what it was told: only if nobody else was at it meanwhile. */
export async function updateService(
  user: User,
  service: KnownService,
  change: Partial<Input<"UpdateService">>,
): Promise<void> {
  const { api, acknowledged } = user
  const isAlone = service.open === 0
  const setsCount = change.desiredCount !== undefined
  const number = service.changes + 1
  if (setsCount) {
    service.open += 1
    service.changes += 1
    acknowledged.note(`count ${service.arn}`, undefined)
  }
  const answer = await api.call("UpdateService", { cluster: MAIN_CLUSTER, service: service.arn, ...change })
  if (!setsCount) return
  // An outcome that nobody knows stays open for good: the request may have been taken, or not.
  if (answer.ok === "unknown") return
  service.open -= 1
  if (answer.ok === true && isAlone && service.changes === number) noteCount(user, service, change.desiredCount!)
}

export const serviceActions: readonly Action[] = [
  { name: "create a service", weight: 6, act: createService },
  {
    name: "scale a service",
    weight: 6,
    async act(user) {
      const service = anyOf(
        user.random,
        user.known.living().filter(({ isDaemon }) => !isDaemon),
      )
      if (service !== undefined) await updateService(user, service, { desiredCount: between(user.random, 0, 6) })
    },
  },
  {
    name: "deploy a service",
    weight: 8,
    async act(user) {
      const { random, known } = user
      const service = anyOf(
        random,
        known.living().filter(({ isExternal }) => !isExternal),
      )
      if (service === undefined) return
      const definition = anyOf(
        random,
        known.definitions.filter(({ isFargate, isDeregistered }) => isFargate === service.isFargate && !isDeregistered),
      )
      await updateService(user, service, {
        ...(definition !== undefined && { taskDefinition: definition.arn }),
        ...(random.below(3) === 0 && { forceNewDeployment: true }),
        ...(random.below(4) === 0 && { deploymentConfiguration: deploymentConfiguration(user, service.isDaemon) }),
      })
    },
  },
  {
    name: "delete a service",
    weight: 2,
    async act({ random, api, known, acknowledged }) {
      const service = anyOf(random, known.living())
      if (service === undefined) return
      acknowledged.note(`count ${service.arn}`, undefined)
      const answer = await api.call("DeleteService", {
        cluster: MAIN_CLUSTER,
        service: service.arn,
        force: random.below(4) > 0,
      })
      if (answer.ok === false) return
      service.isDeleted = true
      if (answer.ok !== true) return
      acknowledged.note(`delete ${service.arn}`, {
        what: `${service.arn} was deleted`,
        scope: SCOPE,
        holds: (tx) => tx.get(services, service.arn)?.status !== "ACTIVE",
      })
    },
  },
  {
    name: "look at services",
    weight: 3,
    async act({ random, api, known }) {
      await api.call("ListServices", { cluster: MAIN_CLUSTER, maxResults: between(random, 1, 20) })
      const service = anyOf(random, [...known.services.values()])
      if (service === undefined) return
      await api.call("DescribeServices", { cluster: MAIN_CLUSTER, services: [service.arn], include: ["TAGS"] })
      const answer = await api.call("ListServiceDeployments", { cluster: MAIN_CLUSTER, service: service.arn })
      if (answer.ok !== true) return
      const arns = (answer.output.serviceDeployments ?? []).map(({ serviceDeploymentArn }) => serviceDeploymentArn!)
      known.deployments.push(...arns.slice(0, 1))
      if (arns.length > 0) await api.call("DescribeServiceDeployments", { serviceDeploymentArns: arns.slice(0, 5) })
    },
  },
  {
    name: "stop a deployment",
    weight: 2,
    async act({ random, api, known }) {
      const arn = anyOf(random, known.deployments.slice(-5))
      if (arn !== undefined)
        await api.call("StopServiceDeployment", { serviceDeploymentArn: arn, stopType: "ROLLBACK" })
    },
  },
]

const SERVICES_MAX = 5
const TRIES_MAX = 4
