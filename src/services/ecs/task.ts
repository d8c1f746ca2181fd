import type * as sdk from "@aws-sdk/client-ecs"
import type { Operations } from "../../aws/operations.ts"
import { activeCluster } from "./cluster.ts"
import { instanceArn } from "./container-instance/find.ts"
import { invalid } from "./fault.ts"
import { stopTask } from "./lifecycle/stop.ts"
import { listed } from "./list.ts"
import { clusterArn } from "./names.ts"
import { permit } from "./permit.ts"
import { tagsOf } from "./tag.ts"
import { describeTask } from "./task/describe.ts"
import { findTask, taskArn } from "./task/find.ts"
import { filteredTasks, taskFilter } from "./task/list.ts"
import { runOperations } from "./task/run.ts"
import { submitOperations } from "./task/submit.ts"

export const taskOperations = {
  ...runOperations,
  ...submitOperations,

  StopTask(call, input) {
    const cluster = clusterArn(call, input.cluster ?? "default")
    const arn = taskArn(call, cluster, input.task!)
    permit(call, arn, () => ({ "ecs:cluster": cluster }))
    const task = findTask(call, activeCluster(call, cluster), arn)
    if (task === undefined) throw invalid("The referenced task was not found.")
    const { reason = "Task stopped by user" } = input
    if (reason.length > REASON_LENGTH_MAX) throw invalid("reason can not be longer than 255 characters.")

    const stopped = stopTask(call, task, { code: "UserInitiated", reason })
    return { task: describeTask(call.tx, stopped) }
  },

  DescribeTasks(call, { cluster: identifier = "default", tasks: identifiers = [], include = [] }) {
    const cluster = clusterArn(call, identifier)
    const arns = [...new Set(identifiers.map((task) => taskArn(call, cluster, task)))]
    permit(call, arns, () => ({ "ecs:cluster": cluster }))
    const { arn: within } = activeCluster(call, cluster)
    if (arns.length === 0) throw invalid("Tasks cannot be empty.")
    if (arns.length > DESCRIBED_MAX) throw invalid(`Tasks cannot have more than ${DESCRIBED_MAX} elements`)
    if (include.some((field) => field !== "TAGS")) throw invalid("include should be one of [TAGS]")

    const found = arns.flatMap((arn) => findTask(call, { arn: within }, arn) ?? [])
    return {
      tasks: found.map((task) => ({
        ...describeTask(call.tx, task),
        ...(include.includes("TAGS") && { tags: [...tagsOf(call.tx, task.arn)] }),
      })),
      failures: arns
        .filter((arn) => !found.some((task) => task.arn === arn))
        .map((arn) => ({ arn, reason: "MISSING" })),
    }
  },

  ListTasks(call, input) {
    const arn = clusterArn(call, input.cluster ?? "default")
    permit(call, instanceArn(call, arn, input.containerInstance ?? "*"), () => ({ "ecs:cluster": arn }))
    const filter = taskFilter(call, activeCluster(call, arn), input)
    const { page, nextToken } = listed(call, input, {
      usual: 100,
      most: 100,
      list: (from) => filteredTasks(call, filter, from),
      position: (task) => task.arn,
    })
    return { taskArns: page.map((task) => task.arn), ...(nextToken !== undefined && { nextToken }) }
  },
} satisfies Operations<typeof sdk>

const DESCRIBED_MAX = 100
const REASON_LENGTH_MAX = 255
