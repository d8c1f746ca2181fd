import type { FilledDefinition } from "../fill.ts"
import { refusal } from "../refusal.ts"

export function checkProxy({ proxyConfiguration: proxy, networkMode, containerDefinitions }: FilledDefinition): void {
  if (proxy === undefined) return
  if (proxy.type !== undefined && proxy.type !== "APPMESH") throw refusal("type should be one of [APPMESH]")
  if (networkMode !== "awsvpc") throw refusal("APPMESH proxy configuration is only supported in networkMode=awsvpc")
  if (!containerDefinitions.some(({ name }) => name === proxy.containerName)) {
    throw refusal(`Proxy container [${proxy.containerName}] does not exist.`)
  }
  const given = (proxy.properties ?? []).flatMap(({ name, value }) => (value ? name : []))
  if (!given.includes("ProxyIngressPort")) throw refusal("Ingress port not found")
  if (!given.includes("ProxyEgressPort")) throw refusal("Egress port not found")
}
