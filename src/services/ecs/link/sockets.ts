import { Fault } from "../../../aws/fault.ts"
import type { Call } from "../../../aws/operations.ts"
import type { SocketEndpoint, SocketEndpoints, SocketHost } from "../../../aws/socket.ts"
import { clusterArn } from "../names.ts"
import { permit } from "../permit.ts"
import { type ContainerInstance, containerInstances } from "../tables/container-instance.ts"
import { Link } from "./link.ts"
import { roleIssuer } from "./role-issuer.ts"
import type { SessionHost } from "./session.ts"

/** The two connections that an agent keeps: at one it is told what to run, at the other it tells how that goes. */
export function agentSockets(issuerOf: (host: SocketHost) => SessionHost["issue"] = roleIssuer): SocketEndpoints {
  return (host) => {
    const link = new Link(host, issuerOf(host))

    const poll: SocketEndpoint = {
      operation: "Poll",
      refusal,
      open(call, parameters) {
        const instance = registered(call, parameters.get("containerInstanceArn"), parameters.get("clusterArn"))
        const agent = {
          instanceArn: instance.arn,
          clusterArn: instance.clusterArn,
          scope: call.tx.scope,
          info: {
            agentVersion: shortened(parameters.get("agentVersion")),
            agentHash: shortened(parameters.get("agentHash")),
            dockerVersion: shortened(parameters.get("dockerVersion")),
          },
          hasStarted: parameters.get("sendCredentials") === "true",
        }
        return (socket) => link.takeAgent(socket, agent)
      },
    }

    const telemetry: SocketEndpoint = {
      operation: "StartTelemetrySession",
      refusal,
      open(call, parameters) {
        const instance = registered(call, parameters.get("containerInstance"), parameters.get("cluster"))
        const agent = { instanceArn: instance.arn, scope: call.tx.scope }
        return (socket) => link.takeTelemetry(socket, agent)
      },
    }

    return { "/acs/ws": poll, "/tcs/ws": telemetry }
  }
}

/** The instance that an agent says it is. Agents name its cluster as they were told it, which may be a plain name. */
function registered(call: Call, instanceArn: string | null, cluster: string | null): ContainerInstance {
  const within = clusterArn(call, cluster || "default")
  const arn = instanceArn ?? ""
  permit(call, arn === "" ? "*" : arn, () => ({ "ecs:cluster": within }))
  const instance = call.tx.get(containerInstances, arn)
  if (instance === undefined) throw new Fault("InvalidInstanceException", "The container instance is not known.")
  if (instance.clusterArn !== within) {
    throw new Fault("InvalidClusterException", "The container instance is not registered in this cluster.")
  }
  // With this answer an agent goes quiet for an hour at a time, and keeps what it runs.
  if (instance.status === "INACTIVE")
    throw new Fault("InactiveInstanceException", "The container instance is deregistered.")
  return instance
}

/** Agents look for the name of the error in the body, and at nothing else. */
function refusal({ code, message }: Fault): string {
  return JSON.stringify({ type: code, message: { message } })
}

/** What an agent says of itself is kept, so it has a bound. */
function shortened(text: string | null): string | undefined {
  return text ? text.slice(0, 255) : undefined
}
