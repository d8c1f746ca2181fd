import type { NetworkInterface } from "../../wire/task.ts"
import type { Fabric } from "../agent/task/surroundings.ts"
import type { Waiting } from "./waiting.ts"

/** What the task engine sees of the fabric: namespaces of interfaces that are there. */
export function taskFabric(waiting: Waiting, pathOf: (found: NetworkInterface) => string | undefined): Fabric {
  const missing = (interfaces: readonly NetworkInterface[]) => interfaces.find((one) => pathOf(one) === undefined)
  return {
    async attach(_taskArn, interfaces, waitMs) {
      await waiting.until(() => missing(interfaces) === undefined, waitMs)
      const absent = missing(interfaces)
      if (absent !== undefined) throw new Error(`network interface ${absent.ec2Id} has not come to this machine`)
    },
    async namespace(_taskArn, interfaces) {
      const [first, second] = interfaces
      if (first === undefined) throw new Error("the task has no network interface")
      if (second !== undefined)
        throw new Error("a task has one network interface on this machine, and it asks for more")
      // After a start of this process it may take a moment until all is known again.
      await waiting.until(() => pathOf(first) !== undefined, WAIT_MS)
      const path = pathOf(first)
      if (path === undefined) throw new Error(`network interface ${first.ec2Id} is not on this machine`)
      return path
    },
    // The interface is the region's, which takes it away.
    async detach() {},
  }
}

const WAIT_MS = 5000
