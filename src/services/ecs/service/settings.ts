import type { CreateServiceRequest, PropagateTags, SchedulingStrategy } from "@aws-sdk/client-ecs"
import { invalid } from "../fault.ts"

export function schedulingOf(sent: SchedulingStrategy = "REPLICA"): SchedulingStrategy {
  if (sent !== "REPLICA" && sent !== "DAEMON") throw invalid("Scheduling strategy should be one of [REPLICA,DAEMON]")
  return sent
}

/** What creating and updating call the number are two things. */
export function checkedCount(count: number, called: "DesiredCount" | "Task count"): number {
  if (count < 0) throw invalid(`${called} can not be lesser than 0`)
  if (count > TASKS_MAX) throw invalid(`${called} can not be greater than ${TASKS_MAX}`)
  return count
}

/** AWS's quota for a service. */
const TASKS_MAX = 5000

export function checkedPropagation(sent: PropagateTags | undefined): PropagateTags | undefined {
  if (sent !== undefined && !PROPAGATIONS.includes(sent)) {
    throw invalid(`propagateTags should be one of [${PROPAGATIONS.join(",")}]`)
  }
  return sent
}

const PROPAGATIONS: readonly string[] = ["TASK_DEFINITION", "SERVICE", "NONE"]

/** What makes no sense where each instance has one task. */
export function checkDaemon(
  { launchType, placementStrategy = [] }: Pick<CreateServiceRequest, "launchType" | "placementStrategy">,
  desiredCount: number | undefined,
): void {
  const refuse = (rest: string) => invalid(`The daemon scheduling strategy does not support ${rest}`)
  if (desiredCount !== undefined) {
    throw refuse("a desired count for services. Remove the desired count value and try again")
  }
  if (launchType === "FARGATE") throw refuse("the FARGATE launch type. Change the launch type and try again")
  if (placementStrategy.length > 0) throw refuse("placement strategies. Remove the placement strategy and try again")
}
