import { taskDefinitionKey, taskDefinitions } from "../../src/services/ecs/tables/task-definition.ts"
import { ACCOUNT, REGION } from "../identity.ts"
import { IMAGE_NAMES, type ImageName } from "../node/image.ts"
import type { Action, User } from "./action.ts"
import { anyOf, between, oneOf } from "./draw.ts"

const SCOPE = `${ACCOUNT}/${REGION}`
const FAMILIES = ["web", "worker", "batch"]

export async function registerDefinition(
  user: User,
  image: ImageName,
  options: { readonly isFargate: boolean; readonly plain?: boolean },
): Promise<void> {
  const { random, api, known, acknowledged } = user
  const { isFargate, plain = false } = options
  const family = `${oneOf(random, FAMILIES)}${isFargate ? "-fargate" : ""}`
  // A container that has to end before the others begin, and one that is started again by the agent itself.
  const hasFirst = !plain && random.below(6) === 0
  const isRestarted = !plain && random.below(8) === 0
  const hasPort = !isFargate && !plain && random.below(3) === 0
  const answer = await api.call("RegisterTaskDefinition", {
    family,
    ...(isFargate
      ? { requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512" }
      : { requiresCompatibilities: ["EC2"] }),
    containerDefinitions: [
      {
        name: "main",
        image: `${image}:${between(random, 1, 9)}`,
        essential: true,
        ...(!isFargate && { cpu: oneOf(random, [64, 128, 256]), memory: oneOf(random, [64, 128, 256]) }),
        ...(hasPort && {
          portMappings: [{ containerPort: 80, hostPort: oneOf(random, [0, 8080, 8081]), protocol: "tcp" }],
        }),
        ...(hasFirst && {
          dependsOn: [{ containerName: "first", condition: oneOf(random, ["START", "COMPLETE", "SUCCESS"] as const) }],
        }),
        ...(isRestarted && { restartPolicy: { enabled: true, restartAttemptPeriod: 60 } }),
        ...((image === "sick" || random.below(6) === 0) && {
          healthCheck: { command: ["CMD-SHELL", "true"], interval: 10, timeout: 5, retries: 2, startPeriod: 0 },
        }),
      },
      ...(hasFirst ? [{ name: "first", image: "good:2", essential: false, cpu: 16, memory: 32 }] : []),
      ...(random.below(5) === 0 ? [{ name: "side", image: "good:1", essential: false, cpu: 16, memory: 32 }] : []),
    ],
    ...(!isFargate &&
      !plain &&
      random.below(8) === 0 && {
        placementConstraints: [{ type: "memberOf" as const, expression: "attribute:tier == gold" }],
      }),
  })
  if (answer.ok !== true) return
  const { taskDefinitionArn: arn = "", revision = 0 } = answer.output.taskDefinition!
  known.definitions.push({ arn, image, isFargate, isPlain: plain, isDeregistered: false })
  acknowledged.note(`definition ${arn}`, {
    what: `${arn} was registered`,
    scope: SCOPE,
    holds: (tx) => tx.get(taskDefinitions, taskDefinitionKey(family, revision)) !== undefined,
  })
}

export const definitionActions: readonly Action[] = [
  {
    name: "register a definition",
    weight: 6,
    act: (user) => registerDefinition(user, oneOf(user.random, IMAGE_NAMES), { isFargate: user.random.below(3) === 0 }),
  },
  {
    name: "register a good definition",
    weight: 6,
    act: (user) => registerDefinition(user, "good", { isFargate: user.random.below(3) === 0 }),
  },
  {
    name: "deregister a definition",
    weight: 1,
    async act({ random, api, known }) {
      const definition = anyOf(
        random,
        known.definitions.filter(({ isPlain }) => !isPlain),
      )
      if (definition === undefined) return
      definition.isDeregistered = true
      await api.call("DeregisterTaskDefinition", { taskDefinition: definition.arn })
    },
  },
  {
    name: "delete a definition",
    weight: 1,
    async act({ random, api, known, acknowledged }) {
      const definition = anyOf(
        random,
        known.definitions.filter(({ isDeregistered }) => isDeregistered),
      )
      if (definition === undefined) return
      acknowledged.note(`definition ${definition.arn}`, undefined)
      await api.call("DeleteTaskDefinitions", { taskDefinitions: [definition.arn] })
    },
  },
  {
    name: "look at definitions",
    weight: 1,
    async act({ random, api, known }) {
      const definition = anyOf(random, known.definitions)
      await api.call("ListTaskDefinitions", { maxResults: between(random, 1, 20) })
      if (definition !== undefined) await api.call("DescribeTaskDefinition", { taskDefinition: definition.arn })
    },
  },
]
