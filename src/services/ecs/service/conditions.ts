import type { CreateServiceRequest, UpdateServiceRequest } from "@aws-sdk/client-ecs"
import type { Conditions } from "../../../aws/authorizer.ts"
import type { Call } from "../../../aws/operations.ts"
import { capacityProviderArn } from "../names.ts"
import { findDefinition, namedDefinitionArn } from "../task-definition/find.ts"

type Asked = Pick<CreateServiceRequest, keyof CreateServiceRequest & keyof UpdateServiceRequest>

/**
 * What policies may ask of a service that is to be made or changed. Of a change they see what it names; of a new service
 * also what is off because nobody has named it.
 */
export function serviceConditions(call: Call, cluster: string, input: Asked, change: "new" | "changed"): Conditions {
  const stated = (value: boolean | undefined) => value ?? (change === "new" ? false : undefined)
  const { serviceConnectConfiguration: connect, volumeConfigurations: volumes, vpcLatticeConfigurations } = input
  const network = input.networkConfiguration?.awsvpcConfiguration
  return {
    "ecs:cluster": cluster,
    "ecs:auto-assign-public-ip": network && network.assignPublicIp === "ENABLED",
    "ecs:capacity-provider": providerArns(call, input.capacityProviderStrategy),
    "ecs:enable-ebs-volumes": stated(volumes && volumes.length > 0),
    "ecs:enable-ecs-managed-tags": stated(input.enableECSManagedTags),
    "ecs:enable-execute-command": stated(input.enableExecuteCommand),
    "ecs:enable-service-connect": stated(connect?.enabled),
    "ecs:enable-vpc-lattice": stated(vpcLatticeConfigurations && vpcLatticeConfigurations.length > 0),
    "ecs:namespace": connect?.namespace,
    "ecs:propagate-tags": input.propagateTags ?? (change === "new" ? "NONE" : undefined),
    "ecs:subnet": network?.subnets,
    ...definitionConditions(call, input.taskDefinition),
  }
}

/** How large a task is to be stands in its definition. */
function definitionConditions(call: Call, identifier: string | undefined): Conditions {
  if (!identifier) return {}
  const { cpu, memory } = findDefinition(call.tx, call, identifier)?.definition ?? {}
  return { "ecs:task-definition": namedDefinitionArn(call, identifier), "ecs:task-cpu": cpu, "ecs:task-memory": memory }
}

/** The capacity providers of a strategy; undefined, and so without the key, where a request has none. */
export function providerArns(
  call: Call,
  strategy: readonly { readonly capacityProvider: string | undefined }[] | undefined,
): readonly string[] | undefined {
  return strategy?.map(({ capacityProvider }) => capacityProviderArn(call, capacityProvider!))
}
