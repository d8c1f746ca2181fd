import { encode } from "./signature.ts"

/** Who connects, as the region shows it. */
export interface AgentIdentity {
  readonly cluster: string
  readonly containerInstanceArn: string
  readonly version: string

  /** Of the build's commit, short. */
  readonly hash: string

  /** As in `containerd`, or the version of Docker. */
  readonly runtime: { readonly name: string; readonly version: string }
}

export function acsUrl(endpoint: string, agent: AgentIdentity, sendCredentials: boolean): string {
  const { name, version } = agent.runtime
  return withQuery(endpoint, {
    agentHash: agent.hash,
    agentVersion: agent.version,
    clusterArn: agent.cluster,
    containerInstanceArn: agent.containerInstanceArn,
    dockerVersion: name === "docker" ? `DockerVersion: ${version}` : name,
    // The region ends the connection by itself when heartbeats are not answered.
    protocolVersion: "2",
    sendCredentials: String(sendCredentials),
    seqNum: "1",
  })
}

export function tcsUrl(endpoint: string, agent: AgentIdentity): string {
  const { name, version } = agent.runtime
  return withQuery(endpoint, {
    agentHash: agent.hash,
    agentVersion: agent.version,
    cluster: agent.cluster,
    containerInstance: agent.containerInstanceArn,
    dockerVersion: name === "docker" ? version : name,
  })
}

function withQuery(endpoint: string, parameters: Readonly<Record<string, string>>): string {
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encode(value)}`)
  return `${endpoint}${endpoint.endsWith("/") ? "" : "/"}ws?${query.join("&")}`
}
