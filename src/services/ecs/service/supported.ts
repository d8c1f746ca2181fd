import type {
  CreateServiceRequest,
  LaunchType,
  LoadBalancer,
  ServiceConnectConfiguration,
  ServiceVolumeConfiguration,
} from "@aws-sdk/client-ecs"
import { fault, invalid, notYet } from "../fault.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"

type Asked = Pick<
  CreateServiceRequest,
  | "loadBalancers"
  | "serviceRegistries"
  | "serviceConnectConfiguration"
  | "volumeConfigurations"
  | "vpcLatticeConfigurations"
  | "gatewayConnectors"
  | "monitoring"
  | "enableExecuteCommand"
  | "healthCheckGracePeriodSeconds"
> & { readonly role?: string | undefined }

/**
 * What a service on AWS can do with other services that are not here. AWS's own mistakes come first; what is then still
 * asked for is refused by name, since a service without its load balancer would get no traffic and nobody would know.
 */
export function checkSupported(
  definition: TaskDefinition | undefined,
  asked: Asked,
  done: "created" | "updated",
  launchType?: LaunchType,
): void {
  const { loadBalancers = [], serviceRegistries = [], vpcLatticeConfigurations = [], gatewayConnectors = [] } = asked
  for (const balancer of loadBalancers) checkLoadBalancer(definition, balancer, launchType)
  if (loadBalancers.length > 0) throw notYet("load balancers (loadBalancers)")
  if (asked.healthCheckGracePeriodSeconds) {
    throw invalid("Health check grace period is only valid for services configured to use load balancers")
  }
  if (asked.role !== undefined) throw invalid("IAM roles are only valid for services configured to use load balancers.")
  if (serviceRegistries.length > 1) throw invalid("service registries can have at most 1 items.")
  if (serviceRegistries.length > 0) throw notYet("service discovery (serviceRegistries)")
  checkServiceConnect(asked.serviceConnectConfiguration)
  checkVolumes(definition, asked.volumeConfigurations)
  if (vpcLatticeConfigurations.length > 0) throw notYet("VPC Lattice (vpcLatticeConfigurations)")
  if (gatewayConnectors.length > 0) throw notYet("gateways (gatewayConnectors)")
  if (asked.monitoring?.metricConfigurations?.length) throw notYet("metrics of a service (monitoring)")
  if (asked.enableExecuteCommand) checkExecuteCommand(definition, done)
}

function checkLoadBalancer(
  definition: TaskDefinition | undefined,
  balancer: LoadBalancer,
  launchType: LaunchType | undefined,
): void {
  const { loadBalancerName, targetGroupArn, containerName, containerPort } = balancer
  if (loadBalancerName && targetGroupArn) {
    throw invalid(
      "loadBalancerName and targetGroupArn cannot both be specified. You must specify either a loadBalancerName or a targetGroupArn in all loadBalancer entries",
    )
  }
  if (loadBalancerName && launchType === "FARGATE") {
    throw invalid("Classic Load Balancers are not supported with Fargate.")
  }
  const containers = definition?.definition.containerDefinitions ?? []
  const container = containers.find(({ name }) => name === containerName)
  if (container === undefined) throw invalid(`The container ${containerName} does not exist in the task definition.`)
  if (!container.portMappings?.some((mapping) => mapping.containerPort === containerPort)) {
    throw invalid(`The container ${containerName} did not have a container port ${containerPort} defined.`)
  }
}

function checkServiceConnect(configuration: ServiceConnectConfiguration | undefined): void {
  if (!configuration?.enabled) return
  // No cluster has a namespace by default: Service Connect is refused there, too.
  if (!configuration.namespace) throw invalid("Namespace is missing")
  throw notYet("Service Connect (serviceConnectConfiguration)")
}

function checkVolumes(
  definition: TaskDefinition | undefined,
  configurations: readonly ServiceVolumeConfiguration[] = [],
): void {
  const configurable = (definition?.definition.volumes ?? []).filter(({ configuredAtLaunch }) => configuredAtLaunch)
  if (configurations.length > 0 && configurable.length === 0) {
    throw invalid("Volume configuration provided but no matching configuredAtLaunch volume found in task definition.")
  }
  const unknown = configurations.find(({ name }) => !configurable.some((volume) => volume.name === name))
  if (unknown !== undefined) {
    throw invalid(
      `The volume name '${unknown.name}' in your request does not have a matching volume in your Task Definition that is configurable at launch.`,
    )
  }
  if (configurable.length > 0) throw notYet("Amazon EBS volumes (volumeConfigurations)")
}

function checkExecuteCommand(definition: TaskDefinition | undefined, done: string): void {
  if (definition !== undefined && definition.definition.taskRoleArn === undefined) {
    throw invalid(
      `The service couldn't be ${done} because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.`,
    )
  }
  throw notYet("ECS Exec (enableExecuteCommand)")
}

/** Namespaces come with Cloud Map. */
export function noNamespace(): never {
  throw fault("NamespaceNotFoundException", "The specified namespace wasn't found.")
}
