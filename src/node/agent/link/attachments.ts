import type { NetworkInterface } from "../../../wire/task.ts"
import type { World } from "../../../world/world.ts"
import type { Tasks } from "../tasks.ts"
import type { Submissions } from "./submissions.ts"

/** Waits for interfaces that the region has announced, and tells when they are there. What does not come in time is forgotten. */
export class Attachments {
  readonly #world: World
  readonly #tasks: Pick<Tasks, "attach">
  readonly #submissions: Pick<Submissions, "tell">
  readonly #cluster: string
  readonly #awaited = new Set<string>()

  constructor(world: World, tasks: Pick<Tasks, "attach">, submissions: Pick<Submissions, "tell">, cluster: string) {
    this.#world = world
    this.#tasks = tasks
    this.#submissions = submissions
    this.#cluster = cluster
  }

  /** The announcement of an interface that is awaited already changes nothing. */
  await(task: AnnouncedTask, interfaces: readonly NetworkInterface[], waitMs: number): void {
    for (const one of interfaces) {
      if (this.#awaited.has(one.attachmentArn)) continue
      this.#awaited.add(one.attachmentArn)
      void this.#awaitOne(task, one, waitMs)
    }
  }

  async #awaitOne({ taskArn, taskClusterArn }: AnnouncedTask, one: NetworkInterface, waitMs: number): Promise<void> {
    const { attachmentArn } = one
    const until = this.#world.monotonic() + waitMs
    try {
      await this.#tasks.attach(taskArn, [one], waitMs)
      const attachments = [{ attachmentArn, status: "ATTACHED" as const }]
      this.#submissions.tell({ cluster: taskClusterArn ?? this.#cluster, task: taskArn, attachments }, until)
    } catch (error) {
      this.#world.log.warn("an interface did not come", { task: taskArn, attachmentArn, error: String(error) })
    } finally {
      this.#awaited.delete(attachmentArn)
    }
  }
}

export interface AnnouncedTask {
  readonly taskArn: string
  readonly taskClusterArn?: string | undefined
}

/** Whether an announcement says all that is needed. */
export function isComplete(interfaces: readonly NetworkInterface[], waitMs: number): boolean {
  return waitMs > 0 && interfaces.length > 0 && interfaces.every(isAddressed)
}

function isAddressed({
  ipv4Addresses = [],
  ipv6Addresses = [],
  subnetGatewayIpv4Address = "",
  subnetGatewayIpv6Address,
}: NetworkInterface): boolean {
  if (ipv4Addresses.length > 0) return /^[\d.]+\/\d+$/.test(subnetGatewayIpv4Address)
  return ipv6Addresses.length > 0 && subnetGatewayIpv6Address !== undefined
}
