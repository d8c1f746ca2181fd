import { domainOf, partitionOf } from "../../../aws/arn.ts"
import { serviceNameOf } from "../prefix-list/aws-managed.ts"

/** A service of the region that a VPC can reach without the internet. */
export interface EndpointService {
  /** As in `com.amazonaws.us-east-1.ecs`. */
  readonly name: string
  readonly types: readonly ("Gateway" | "Interface")[]

  /** The name that clients know the service by, which an endpoint may answer to. */
  readonly privateDnsName: string | undefined
}

export function endpointServices(region: string): readonly EndpointService[] {
  const domain = domainOf(partitionOf(region))
  return SERVICES.map(([service, host = service]) => ({
    name: serviceNameOf(region, service),
    types: service === "s3" ? ["Gateway", "Interface"] : service === "dynamodb" ? ["Gateway"] : ["Interface"],
    // S3's interface endpoints answer to S3's name only where a gateway endpoint is there as well, which we leave out.
    privateDnsName: service === "s3" || service === "dynamodb" ? undefined : `${host}.${region}.${domain}`,
  }))
}

/** Each with what stands before the region in its host name, where that is not the service itself. */
const SERVICES: readonly (readonly [service: string, host?: string])[] = [
  ["application-autoscaling"],
  ["autoscaling"],
  ["dynamodb"],
  ["ec2"],
  ["ec2messages"],
  ["ecr.api", "api.ecr"],
  ["ecr.dkr", "*.dkr.ecr"],
  ["ecs"],
  ["ecs-agent", "ecs-a"],
  ["ecs-telemetry", "ecs-t"],
  ["elasticfilesystem"],
  ["elasticloadbalancing"],
  ["events"],
  ["execute-api", "*.execute-api"],
  ["kms"],
  ["lambda"],
  ["logs"],
  ["monitoring"],
  ["s3"],
  ["secretsmanager"],
  ["servicediscovery"],
  ["sns"],
  ["sqs"],
  ["ssm"],
  ["ssmmessages"],
  ["states"],
  ["sts"],
  ["xray"],
]
