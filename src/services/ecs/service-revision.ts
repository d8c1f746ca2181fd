import type * as sdk from "@aws-sdk/client-ecs"
import { arnOf, parseArn, resourceOf } from "../../aws/arn.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import type { Tx } from "../../store/transaction.ts"
import { fault, invalid } from "./fault.ts"
import { permitPartsOfServices } from "./service/part.ts"
import { describeLaunch } from "./service/revision.ts"
import { type ServiceRevision, serviceRevisions } from "./tables/revision.ts"
import { services } from "./tables/service.ts"
import { definitionByArn } from "./task-definition/find.ts"

export const serviceRevisionOperations = {
  DescribeServiceRevisions(call, { serviceRevisionArns: identifiers }) {
    const arns = [...new Set(identifiers!)]
    const serviceArns = new Set(arns.map((arn) => serviceArnOf(call, arn)))
    permitPartsOfServices(call, arns)
    if (identifiers!.length === 0) throw invalid("The Service ARN provided is invalid.")
    if (identifiers!.length > DESCRIBED_MAX) {
      throw invalid(`Service Revision ARN count cannot exceed ${DESCRIBED_MAX}`)
    }
    if (serviceArns.size > 1) {
      throw invalid(
        "Cross service requests are not allowed. All requested service revisions must be for a single service",
      )
    }
    const [serviceArn] = serviceArns
    if (call.tx.get(services, serviceArn!) === undefined) {
      throw fault("ServiceNotFoundException", "Service not found.")
    }

    const found = arns.flatMap((arn) => call.tx.get(serviceRevisions, arn) ?? [])
    return {
      serviceRevisions: found.map((revision) => describe(call.tx, revision)),
      failures: arns
        .filter((arn) => !found.some((revision) => revision.arn === arn))
        .map((arn) => ({ arn, reason: "MISSING" })),
    }
  },
} satisfies Operations<typeof sdk>

/** The service that a revision's ARN names. */
function serviceArnOf({ account, region }: Call, identifier: string): string {
  const arn = parseArn(identifier)
  if (arn?.service !== "ecs" || resourceOf(arn).type !== "service-revision") {
    throw invalid("The Service ARN provided is invalid.")
  }
  const [, cluster, service, digits = "", ...more] = arn.resource.split("/")
  const isOwn = arn.account === account && arn.region === region
  if (!isOwn || !/^\d{19}$/.test(digits) || more.length > 0) throw invalid("The ServiceRevision ARN is invalid.")
  return arnOf("ecs", { account, region }, `service/${cluster}/${service}`)
}

function describe(tx: Tx, revision: ServiceRevision): sdk.ServiceRevision {
  const { imageDigests } = revision
  const containers = definitionByArn(tx, revision.definitionArn)?.definition.containerDefinitions ?? []
  return {
    serviceRevisionArn: revision.arn,
    serviceArn: revision.serviceArn,
    clusterArn: revision.clusterArn,
    taskDefinition: revision.definitionArn,
    ...describeLaunch(revision),
    loadBalancers: [...revision.loadBalancers],
    serviceRegistries: [...revision.registries],
    ...(imageDigests !== undefined && {
      containerImages: containers.flatMap(({ name, image }) => {
        const imageDigest = imageDigests[name!]
        return imageDigest === undefined ? [] : { containerName: name, image, imageDigest }
      }),
    }),
    guardDutyEnabled: false,
    createdAt: new Date(revision.createdAt),
  }
}

const DESCRIBED_MAX = 20
