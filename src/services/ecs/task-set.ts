import type * as sdk from "@aws-sdk/client-ecs"
import type { Conditions } from "../../aws/authorizer.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { fault, invalid } from "./fault.ts"
import { permit, permitMaking } from "./permit.ts"
import { providerArns } from "./service/conditions.ts"
import { type NamedService, namedService } from "./service/find.ts"
import { checkedContent, newRevision } from "./service/launch.ts"
import { checkSupported } from "./service/supported.ts"
import { type Service, services } from "./tables/service.ts"
import { type TaskSet, taskSets } from "./tables/task-set.ts"
import { checkedTags, putTags, tagsOf } from "./tag.ts"
import { digestOf } from "./task/token.ts"
import { activeDefinition, namedDefinitionArn } from "./task-definition/find.ts"
import { describeTaskSet, taskSetsOf } from "./task-set/describe.ts"
import { externalService, taskSetArn, taskSetOf } from "./task-set/find.ts"

export const taskSetOperations = {
  CreateTaskSet(call, input) {
    const { clientToken } = input
    const named = namedService(call, input)
    const tags = checkedTags(input.tags)
    permitMaking(call, {
      arn: taskSetArn(named, "*"),
      tags,
      conditions: () => ({
        ...conditionsOf(named),
        "ecs:capacity-provider": providerArns(call, input.capacityProviderStrategy),
        "ecs:task-definition": namedDefinitionArn(call, input.taskDefinition!),
      }),
    })
    const { cluster, service } = externalService(call, named)
    if (clientToken !== undefined && clientToken.length > TOKEN_LENGTH_MAX) {
      throw invalid("idempotency token longer than 36.")
    }
    const request = digestOf({ ...input, clientToken: undefined, tags: undefined })
    const sets = taskSetsOf(call.tx, service)
    const repeated = clientToken === undefined ? undefined : sets.find((set) => set.clientToken === clientToken)
    if (repeated !== undefined) {
      if (repeated.request !== request) throw invalid("Creation of task set was not idempotent.")
      return { taskSet: withTags(call, service, repeated) }
    }
    const scalePercent = checkedScale(input.scale ?? { value: 100 })
    const definition = activeDefinition(call, input.taskDefinition!)
    checkSupported(definition, input, "created")
    const content = checkedContent(call, cluster, definition, input)
    if (sets.length >= SETS_MAX) {
      throw invalid(
        `${SETS_MAX} deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.`,
      )
    }

    const { revision, digits } = newRevision(call, service, content)
    const id = `ecs-svc/${digits}`
    const set: TaskSet = {
      arn: taskSetArn(service, id),
      id,
      serviceArn: service.arn,
      clusterArn: cluster.arn,
      externalId: input.externalId,
      startedBy: undefined,
      status: "ACTIVE",
      revisionArn: revision.arn,
      scalePercent,
      stability: "STABILIZING",
      stabilityAt: call.now,
      failedStarts: 0,
      createdAt: call.now,
      updatedAt: call.now,
      clientToken,
      request,
    }
    call.tx.put(taskSets, set)
    putTags(call.tx, set.arn, tags)
    return { taskSet: withTags(call, service, set) }
  },

  UpdateTaskSet(call, input) {
    const { service, set } = permittedSet(call, input)
    const scalePercent = checkedScale(input.scale!)
    if (set.status === "DRAINING") throw fault("TaskSetNotFoundException", "The specified task set is being deleted.")
    const updated: TaskSet = { ...set, scalePercent, updatedAt: call.now }
    call.tx.put(taskSets, updated)
    return { taskSet: describeTaskSet(call.tx, service, updated) }
  },

  UpdateServicePrimaryTaskSet(call, input) {
    const named = namedService(call, input)
    permit(call, named.arn, () => ({ "ecs:cluster": named.cluster }))
    const { service } = externalService(call, named)
    const set = taskSetOf(call, service, input.primaryTaskSet!)
    if (set.status === "DRAINING") throw fault("TaskSetNotFoundException", "The specified task set is being deleted.")
    for (const other of taskSetsOf(call.tx, service)) {
      if (other.status !== "PRIMARY" || other.arn === set.arn) continue
      call.tx.put(taskSets, { ...other, status: "ACTIVE", updatedAt: call.now })
    }
    const primary: TaskSet = { ...set, status: "PRIMARY", updatedAt: call.now }
    call.tx.put(taskSets, primary)
    // What the service shows of itself is what its primary task set runs.
    call.tx.put(services, { ...service, primaryTaskSetArn: set.arn, revisionArn: set.revisionArn })
    return { taskSet: describeTaskSet(call.tx, service, primary) }
  },

  DeleteTaskSet(call, input) {
    const { service, set } = permittedSet(call, input)
    if (set.status === "PRIMARY") throw invalid("Primary TaskSet cannot be deleted")
    if (!input.force && set.scalePercent > 0 && set.status !== "DRAINING") {
      throw invalid("The TaskSet cannot be deleted while it is scaled above 0.")
    }
    const deleted: TaskSet = { ...set, status: "DRAINING", updatedAt: call.now }
    call.tx.put(taskSets, deleted)
    return { taskSet: describeTaskSet(call.tx, service, deleted) }
  },

  DescribeTaskSets(call, input) {
    const { taskSets: identifiers = [], include = [] } = input
    const named = namedService(call, input)
    const asked = identifiers.length === 0 ? ["*"] : identifiers
    permit(
      call,
      asked.map((identifier) => taskSetArn(named, identifier)),
      () => conditionsOf(named),
    )
    const { service } = externalService(call, named)
    if (include.some((field) => field !== "TAGS")) throw invalid("include should be one of [TAGS]")
    const all = taskSetsOf(call.tx, service)
    const arns = [...new Set(identifiers.map((identifier) => taskSetArn(service, identifier)))]
    const found = arns.length === 0 ? all : arns.flatMap((arn) => all.find((set) => set.arn === arn) ?? [])
    return {
      taskSets: found.map((set) => ({
        ...describeTaskSet(call.tx, service, set),
        ...(include.includes("TAGS") && { tags: [...tagsOf(call.tx, set.arn)] }),
      })),
      failures: arns.filter((arn) => !all.some((set) => set.arn === arn)).map((arn) => ({ arn, reason: "MISSING" })),
    }
  },
} satisfies Operations<typeof sdk>

function permittedSet(call: Call, input: sdk.UpdateTaskSetRequest | sdk.DeleteTaskSetRequest) {
  const named = namedService(call, input)
  permit(call, taskSetArn(named, input.taskSet!), () => conditionsOf(named))
  const { service } = externalService(call, named)
  return { service, set: taskSetOf(call, service, input.taskSet!) }
}

function conditionsOf({ cluster, arn }: NamedService): Conditions {
  return { "ecs:cluster": cluster, "ecs:service": arn }
}

function withTags(call: Call, service: Service, set: TaskSet): sdk.TaskSet {
  return { ...describeTaskSet(call.tx, service, set), tags: [...tagsOf(call.tx, set.arn)] }
}

function checkedScale({ value = 100, unit = "PERCENT" }: sdk.Scale): number {
  if (unit !== "PERCENT") throw invalid("unit should be one of [PERCENT]")
  if (value < 0 || value > 100) throw invalid("The value of scale must be between 0 and 100.")
  return value
}

const SETS_MAX = 5
const TOKEN_LENGTH_MAX = 36
