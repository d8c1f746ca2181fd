import type { Tx } from "../../store/transaction.ts"
import type { Random } from "../../world/world.ts"
import type { NetworkInterface } from "../ec2/index.ts"
import { numberNetwork } from "./network-number.ts"
import { hostedInterfaces, machines } from "./tables.ts"

/** Puts an interface that has just been made on an instance's machine. `tx` is where the interface lies. */
export function hostInterface(
  { tx, random }: { readonly tx: Tx; readonly random: Random },
  { id, vpcId }: Pick<NetworkInterface, "id" | "vpcId">,
  host: string,
): void {
  numberNetwork(tx, random, vpcId)
  tx.anywhere.installation.put(hostedInterfaces, { interfaceId: id, vpcId, scope: tx.scope, host })
}

/** Takes an interface off the machine that it is on. Doing so twice is no mistake. */
export function unhostInterface({ anywhere: { installation } }: Tx, interfaceId: string): void {
  if (installation.get(hostedInterfaces, interfaceId) !== undefined) installation.delete(hostedInterfaces, interfaceId)
}

/** The machine of an instance that has been taken out is reached no more. */
export function withdrawMachine({ anywhere: { installation } }: Tx, host: string): void {
  if (installation.get(machines, host) !== undefined) installation.delete(machines, host)
}
