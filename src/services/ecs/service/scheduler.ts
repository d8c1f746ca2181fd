import { type Controller, controller, on, type Turn } from "../../../store/controller.ts"
import { reconcileDeployment } from "../deployment/reconcile.ts"
import { deployments } from "../tables/deployment.ts"
import { serviceReviews, services } from "../tables/service.ts"
import { type Task, tasks } from "../tables/task.ts"
import { taskSets } from "../tables/task-set.ts"
import { reconcileTaskSets } from "../task-set/reconcile.ts"
import { drainService } from "./drain.ts"
import { forgetEvents } from "./event.ts"

/** Keeps every service at what it asks for, a bounded piece at a time. */
export const serviceScheduler: Controller = controller({
  name: "ecs/services",
  wakes: [
    on(services, ({ arn }) => arn),
    on(deployments, ({ serviceArn }) => serviceArn),
    on(taskSets, ({ serviceArn }) => serviceArn),
    on(tasks, (task) => (isOnItsWayDown(task) ? undefined : task.serviceArn)),
    on(serviceReviews, ({ serviceArn }) => serviceArn),
  ],

  reconcile(turn, arn) {
    const service = turn.tx.get(services, arn)
    if (service === undefined) forget(turn, arn)
    else if (service.status === "DRAINING") drainService(turn, service)
    else if (service.status === "ACTIVE" && service.controller === "ECS") reconcileDeployment(turn, service)
    else if (service.status === "ACTIVE") reconcileTaskSets(turn, service)
  },
})

/** Between its end being asked for and its end nothing about a task changes what a service has to do. */
function isOnItsWayDown({ desiredStatus, lastStatus }: Task): boolean {
  return desiredStatus === "STOPPED" && lastStatus !== "STOPPED" && lastStatus !== "DEPROVISIONING"
}

/** What is left of a service that is shown no more. */
function forget(turn: Turn, arn: string): void {
  forgetEvents(turn, arn)
  turn.tx.delete(serviceReviews, arn)
}
