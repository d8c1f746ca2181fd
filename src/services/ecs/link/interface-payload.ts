import { parseArn } from "../../../aws/arn.ts"
import type { NetworkInterface } from "../../../wire/task.ts"
import type { Task, TaskAttachment } from "../tables.ts"

/**
 * A task's interface as its agent gets it; undefined until the network has said what it is like, and for what is no
 * interface. The names of the details are AWS's, but for the subnet's gateway and the resolver, which it does not show.
 */
export function interfacePayload(task: Task, attachment: TaskAttachment): NetworkInterface | undefined {
  if (attachment.type !== "ElasticNetworkInterface") return undefined
  const details = new Map(attachment.details.map(({ name, value }) => [name, value]))
  const ec2Id = details.get("networkInterfaceId")
  const macAddress = details.get("macAddress")
  const privateAddress = details.get("privateIPv4Address")
  const gateway = details.get("subnetGatewayIpv4Address")
  if (!ec2Id || !macAddress || !privateAddress || !gateway) return undefined
  const ipv6 = details.get("ipv6Address")
  return {
    attachmentArn: attachmentArn(task, attachment),
    ec2Id,
    macAddress,
    ipv4Addresses: [{ privateAddress, primary: true }],
    ...(ipv6 !== undefined && { ipv6Addresses: [{ address: ipv6, primary: true }] }),
    subnetGatewayIpv4Address: gateway,
    domainNameServers: details.get("domainNameServers")?.split(","),
    domainName: details.get("domainName")?.split(","),
    privateDnsName: details.get("privateDnsName"),
    interfaceAssociationProtocol: "default",
  }
}

/** What the agent reports as attached; its last part is the attachment's id. */
export function attachmentArn({ arn }: Pick<Task, "arn">, { id }: Pick<TaskAttachment, "id">): string {
  const { partition, region, account } = parseArn(arn)!
  return `arn:${partition}:ecs:${region}:${account}:attachment/${id}`
}
