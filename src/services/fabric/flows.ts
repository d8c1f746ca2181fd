import type { SocketHost } from "../../aws/socket.ts"
import type { FabricInterfaceFlows } from "../../wire/fabric.ts"

/** Takes what a machine tells of flows on its interfaces. Who tells may be wrong about whose they are: `machine` is not. */
export type TakeFlows = (machine: string, flows: FabricInterfaceFlows) => void

/** Made for one process, as sockets are. */
export type FlowReceiver = (host: SocketHost) => TakeFlows
