import type { NetworkInterface } from "../../../wire/task.ts"
import { attachmentArn } from "../lifecycle/network.ts"
import type { Task, TaskAttachment } from "../tables/task.ts"

/** A task's interface as its agent gets it; undefined until there is one, and for what is no interface. */
export function interfacePayload(task: Task, attachment: TaskAttachment): NetworkInterface | undefined {
  const { type, link } = attachment
  if (type !== "ElasticNetworkInterface" || link === undefined) return undefined
  const details = new Map(attachment.details.map(({ name, value }) => [name, value]))
  const ipv6Address = details.get("ipv6Address")
  return {
    attachmentArn: attachmentArn(task, attachment),
    ec2Id: details.get("networkInterfaceId")!,
    macAddress: details.get("macAddress")!,
    ipv4Addresses: [{ privateAddress: details.get("privateIPv4Address")!, primary: true }],
    ...(ipv6Address !== undefined && { ipv6Addresses: [{ address: ipv6Address, primary: true }] }),
    subnetGatewayIpv4Address: link.gateway,
    ...(link.ipv6Gateway !== undefined && { subnetGatewayIpv6Address: link.ipv6Gateway }),
    domainNameServers: link.nameServers,
    domainName: link.searchDomains,
    privateDnsName: details.get("privateDnsName"),
    interfaceAssociationProtocol: "default",
  }
}
