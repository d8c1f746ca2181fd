import { anInstanceIn } from "../../src/services/ecs/container-instance/testing.ts"
import type { TestWorld } from "../../src/services/testing.ts"
import type { Setting } from "./setting.ts"

const containerDefinitions = [{ name: "app", image: "app", memory: 64 }]

/** Most of it is in the cluster `default`, so that an input need not say where. */
export const ecsSetting: Setting = {
  client: "ecs",

  async prepare(region) {
    const { ecs, account } = region
    for (const clusterName of ["default", "empty"]) await ecs.createCluster({ clusterName })
    for (const family of ["known", "retired"]) await ecs.registerTaskDefinition({ family, containerDefinitions })
    await ecs.deregisterTaskDefinition({ taskDefinition: "retired:1" })
    await ecs.createCapacityProvider({
      name: "known",
      autoScalingGroupProvider: { autoScalingGroupArn: "known" },
    })

    const containerInstance = (await anInstanceIn(region)).containerInstanceArn!
    const { task, deployment, revision } = await startService(region)
    const taskSet = await startTaskSet(region)
    const inSet = { cluster: "default", service: "external", taskSet }
    const attributes = [{ name: "rack", value: "a", targetId: containerInstance }]
    return {
      names: {
        cluster: "default",
        clusterName: "default",
        resourceArn: `arn:aws:ecs:us-east-1:${account}:cluster/default`,
        family: "known",
        taskDefinition: "known:1",
        containerInstance,
        task,
        service: "known",
        serviceDeploymentArn: deployment,
        taskSet,
        primaryTaskSet: taskSet,
        capacityProvider: "known",
        targetId: containerInstance,
        name: "containerInsights",
        value: "enabled",
      },
      inputs: {
        DeleteCluster: { cluster: "empty" },
        RegisterTaskDefinition: { family: "known", containerDefinitions },
        DeleteTaskDefinitions: { taskDefinitions: ["retired:1"] },
        StartTask: { taskDefinition: "known", containerInstances: [containerInstance] },
        DescribeTasks: { tasks: [task] },
        GetTaskProtection: { cluster: "default", tasks: [task] },
        UpdateTaskProtection: { cluster: "default", tasks: [task], protectionEnabled: true },
        DescribeContainerInstances: { containerInstances: [containerInstance] },
        UpdateContainerInstancesState: { containerInstances: [containerInstance], status: "DRAINING" },
        DeregisterContainerInstance: { containerInstance, force: true },
        PutAttributes: { attributes },
        DeleteAttributes: { attributes },
        ListAttributes: { targetType: "container-instance" },
        CreateCapacityProvider: { name: "new", autoScalingGroupProvider: { autoScalingGroupArn: "new" } },
        UpdateCapacityProvider: { name: "known", autoScalingGroupProvider: {} },
        CreateService: { serviceName: "new", taskDefinition: "known", desiredCount: 1 },
        DeleteService: { service: "known", force: true },
        DescribeServices: { services: ["known", "external"] },
        DescribeServiceDeployments: { serviceDeploymentArns: [deployment] },
        DescribeServiceRevisions: { serviceRevisionArns: [revision] },
        CreateTaskSet: { cluster: "default", service: "external", taskDefinition: "known" },
        UpdateTaskSet: { ...inSet, scale: { value: 50, unit: "PERCENT" } },
        UpdateServicePrimaryTaskSet: { cluster: "default", service: "external", primaryTaskSet: taskSet },
        DeleteTaskSet: inSet,
        DescribeTaskSets: { cluster: "default", service: "external", taskSets: [taskSet] },
      },
    }
  },

  refusals: {
    ListServicesByNamespace: "NamespaceNotFoundException",
    UpdateContainerAgent: "NoUpdateAvailableException",
  },
}

/** A service whose task runs, and which is being deployed anew. */
async function startService({ ecs }: TestWorld) {
  const service = "known"
  await ecs.createService({ serviceName: service, taskDefinition: "known", desiredCount: 1 })
  const { taskArns } = await ecs.listTasks({ serviceName: service })
  const task = taskArns![0]!
  const containers = [{ containerName: "app", status: "RUNNING" }]
  await ecs.submitTaskStateChange({ task, status: "RUNNING", containers })
  await ecs.updateService({ service, forceNewDeployment: true })
  const { serviceDeployments } = await ecs.listServiceDeployments({ service, status: ["IN_PROGRESS"] })
  const { serviceDeploymentArn, targetServiceRevisionArn } = serviceDeployments![0]!
  return { task, deployment: serviceDeploymentArn!, revision: targetServiceRevisionArn! }
}

/** A task set that may be deleted, as it runs nothing and is not its service's primary one. */
async function startTaskSet({ ecs }: TestWorld): Promise<string> {
  await ecs.createService({ serviceName: "external", deploymentController: { type: "EXTERNAL" }, desiredCount: 1 })
  const { taskSet } = await ecs.createTaskSet({
    cluster: "default",
    service: "external",
    taskDefinition: "known",
    scale: { value: 0, unit: "PERCENT" },
  })
  return taskSet!.id!
}
