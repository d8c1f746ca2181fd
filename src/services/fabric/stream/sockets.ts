import { Fault } from "../../../aws/fault.ts"
import type { SocketEndpoint, SocketEndpoints } from "../../../aws/socket.ts"
import type { Tx } from "../../../store/transaction.ts"
import type { FlowReceiver } from "../flows.ts"
import { Hub } from "./hub.ts"

/** How an instance stands, for who knows instances; undefined for none. `tx` is its account's. */
export type Standing = (tx: Tx, instanceArn: string) => "registered" | "taken out" | undefined

/** The connection on which each instance's machine is told what should exist of the network there. */
export function fabricSockets(standing: Standing, flows?: FlowReceiver): SocketEndpoints {
  return (host) => {
    const hub = new Hub(host, flows?.(host))

    const poll: SocketEndpoint = {
      operation: "PollFabric",
      refusal: ({ code, message }) => JSON.stringify({ type: code, message: { message } }),
      open(call, parameters) {
        const instanceArn = parameters.get("containerInstanceArn") ?? ""
        call.authorize(instanceArn === "" ? "*" : instanceArn)
        const is = standing(call.tx, instanceArn)
        if (is === undefined) throw new Fault("InvalidInstanceException", "The container instance is not known.")
        if (is === "taken out") {
          throw new Fault("InactiveInstanceException", "The container instance is deregistered.")
        }
        const machine = {
          host: instanceArn,
          underlayAddress: addressIn(parameters.get("underlayAddress")),
          version: versionIn(parameters.get("version")),
        }
        return (socket) => hub.take(socket, machine)
      },
    }

    return { "/fabric/ws": poll }
  }
}

/** What a machine says is told to others, so it has to look like an address. */
function addressIn(text: string | null): string | undefined {
  return text !== null && /^[0-9a-fA-F.:]{2,45}$/.test(text) ? text : undefined
}

function versionIn(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined
}
