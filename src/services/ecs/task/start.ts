import type { RunTaskRequest, StartTaskRequest } from "@aws-sdk/client-ecs"
import type { Conditions } from "../../../aws/authorizer.ts"
import type { Call } from "../../../aws/operations.ts"
import type { Tag } from "../../../aws/tags.ts"
import { activeCluster } from "../cluster.ts"
import { fault, invalid, notYet } from "../fault.ts"
import { clusterArn, memberArn } from "../names.ts"
import { permitMaking } from "../permit.ts"
import type { Cluster } from "../tables/cluster.ts"
import type { TaskOverrides } from "../tables/task.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { checkedTags } from "../tag.ts"
import { activeDefinition, namedDefinitionArn } from "../task-definition/find.ts"
import { authorizePassingToTasks } from "../task-definition/pass-role.ts"
import { checkedOverrides } from "./overrides.ts"
import { unassumable, untrustingRole } from "./trust.ts"

/** What RunTask and StartTask have in common, found and found good. */
export interface Start {
  readonly cluster: Cluster
  readonly definition: TaskDefinition
  readonly overrides: TaskOverrides
  readonly tags: readonly Tag[]
}

type StartRequest = Pick<RunTaskRequest, keyof RunTaskRequest & keyof StartTaskRequest>

/** Of both, policies may ask the same; `conditions` has what they may ask of one alone, by the ARN of the cluster. */
export function checkStart(call: Call, input: StartRequest, conditions: (cluster: string) => Conditions): Start {
  const arn = clusterArn(call, input.cluster ?? "default")
  const tags = checkedTags(input.tags)
  permitMaking(call, {
    arn: memberArn(call, "task", arn, "*"),
    tags,
    // Nobody is told whether a definition exists that he may not run.
    on: namedDefinitionArn(call, input.taskDefinition!) ?? "*",
    conditions: () => ({
      "ecs:cluster": arn,
      "ecs:enable-execute-command": input.enableExecuteCommand ?? false,
      "ecs:enable-ebs-volumes": (input.volumeConfigurations ?? []).length > 0,
      ...conditions(arn),
    }),
  })
  const cluster = activeCluster(call, arn)
  const definition = activeDefinition(call, input.taskDefinition!)
  const overrides = checkedOverrides(definition, input.overrides)
  authorizePassingToTasks(call, { ...definition.definition, ...overrides })
  const untrusting = untrustingRole(call.tx, { ...definition.definition, ...overrides })
  if (untrusting !== undefined) throw fault("ClientException", unassumable(untrusting))
  checkNames(input)
  checkSupported(definition, input)
  return { cluster, definition, overrides, tags }
}

function checkNames({ startedBy = "", group = "", propagateTags }: StartRequest): void {
  if (startedBy.length > STARTED_BY_LENGTH_MAX) throw invalid("startedBy can not be longer than 128 characters.")
  if (group.length > GROUP_LENGTH_MAX) throw invalid("group can not be longer than 255 characters.")
  if (propagateTags !== undefined && propagateTags !== "TASK_DEFINITION" && propagateTags !== "NONE") {
    throw invalid("propagateTags should be one of [NONE,TASK_DEFINITION]")
  }
}

/** What would be lost without a word if it were only noted down is refused. */
function checkSupported({ definition }: TaskDefinition, input: StartRequest): void {
  const isConfigured = definition.volumes?.some(({ configuredAtLaunch }) => configuredAtLaunch)
  if (isConfigured || input.volumeConfigurations?.length) throw notYet("Amazon EBS volumes (volumeConfigurations)")
  if (input.enableExecuteCommand) throw notYet("ECS Exec (enableExecuteCommand)")
}

const STARTED_BY_LENGTH_MAX = 128
const GROUP_LENGTH_MAX = 255
