import type { TaskRecord } from "../../../src/node/agent/records.ts"
import type { FakeMachine } from "../../../src/node/engine/fake.ts"
import type { Input } from "../../api.ts"
import { shortArn } from "../../transcript.ts"
import type { HostSurroundings } from "../host.ts"
import type { AgentDisk } from "./agent-disk.ts"

export interface LedgerOptions extends Pick<HostSurroundings, "ran" | "found"> {
  readonly machine: FakeMachine
  readonly name: string
  readonly disk: AgentDisk
}

/** Writes down what really happens on a machine, and holds the agent's words against it. */
export class Ledger {
  readonly #options: LedgerOptions

  /** How often each container of each task was started, whichever container the agent made for it. */
  readonly #starts = new Map<string, number>()

  constructor(options: LedgerOptions) {
    this.#options = options
    this.listen()
  }

  /** Once more after everyone who listened was cut off. */
  listen(): void {
    this.#options.machine.engine().watch((event) => {
      if (event.kind === "started") this.#started(event.id)
    })
  }

  #started(id: string): void {
    const { machine, name, disk, ran, found } = this.#options
    const { task, container } = namesOf(machine.existing(id).spec.labels)
    ran.add(task)
    const record = disk.state.tasks.get(task)
    if (record === undefined) {
      found(TRUTHS.known, `${name} starts ${container} of ${shortArn(task)}, unknown to its agent`)
      return
    }
    this.#checkOrder(record, container)
    const count = (this.#starts.get(`${task} ${container}`) ?? 0) + 1
    this.#starts.set(`${task} ${container}`, count)
    const definition = record.payload.containers.find((one) => one.name === container)
    if (count > 1 && definition?.restartPolicy?.enabled !== true)
      found(TRUTHS.once, `${name} starts ${container} of ${shortArn(task)} again`)
  }

  #checkOrder({ arn, payload }: TaskRecord, name: string): void {
    const { dependsOn = [] } = payload.containers.find((container) => container.name === name) ?? {}
    for (const { containerName, condition } of dependsOn) {
      const { starts = 0, running, state } = this.#real(arn, containerName) ?? {}
      const holds =
        starts > 0 &&
        (condition === "START" || (running === false && (condition !== "SUCCESS" || state?.exitCode === 0)))
      if (!holds)
        this.#options.found(TRUTHS.order, `${name} of ${shortArn(arn)} starts before ${containerName} is ${condition}`)
    }
  }

  #real(arn: string, name: string): FakeMachine["containers"][number] | undefined {
    return this.#options.machine.containers.find(({ spec: { labels } }) => {
      const { task, container } = namesOf(labels)
      return task === arn && container === name
    })
  }

  /** What the agent is about to tell the region. */
  reported({ task: arn = "", containers = [] }: Input<"SubmitTaskStateChange">): void {
    const { name, found } = this.#options
    for (const { containerName, status, exitCode } of containers) {
      const real = this.#real(arn, containerName!)
      if (real === undefined || real.starts === 0) continue
      const told = `${name} tells that ${containerName} of ${shortArn(arn)}`
      if (status === "STOPPED" && real.running) found(TRUTHS.codes, `${told} has stopped, and it runs`)
      if (status === "STOPPED" && exitCode !== real.state.exitCode)
        found(TRUTHS.codes, `${told} ended with ${exitCode}, and it did with ${real.state.exitCode}`)
    }
  }
}

function namesOf(labels: Readonly<Record<string, string>>): { readonly task: string; readonly container: string } {
  return {
    task: labels["com.amazonaws.ecs.task-arn"] ?? "",
    container: labels["com.amazonaws.ecs.container-name"] ?? "",
  }
}

const TRUTHS = {
  known: "a machine runs what its agent knows of",
  once: "no container is started twice, unless its policy wants it",
  order: "containers start in the order that their definition asks for",
  codes: "an agent tells how containers really ended",
} as const
