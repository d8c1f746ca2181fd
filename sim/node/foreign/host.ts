import { silentLog } from "../../../src/world/log.ts"
import { Api } from "../../api.ts"
import { processWorld } from "../../process-world.ts"
import type { Host, HostPlace, HostSurroundings, ReportedStatus } from "../host.ts"
import { Agent } from "./agent.ts"
import { type AgentDisk, copyOf, emptyDisk } from "./agent-disk.ts"
import { Machine } from "./machine.ts"
import { registrationOf } from "./registration.ts"

/** Stands for machines with the open-source agent: it does as much as the region can see of one, in a time of its own. */
export class ForeignHost implements Host {
  readonly own = undefined
  hasGivenUp = false
  readonly #surroundings: HostSurroundings
  readonly #place: HostPlace
  readonly #machine: Machine
  readonly #disk: AgentDisk
  #agent: Agent | undefined

  constructor(surroundings: HostSurroundings, place: HostPlace, disk: AgentDisk = emptyDisk()) {
    this.#surroundings = surroundings
    this.#place = place
    this.#machine = new Machine(surroundings, place.firstPort)
    this.#disk = disk
  }

  get agent(): Agent | undefined {
    return this.#agent
  }

  get instanceArn(): string | undefined {
    return this.#disk.containerInstanceArn
  }

  running(): string[] {
    return this.#machine.running()
  }

  *taken(): Iterable<readonly [task: string, status: ReportedStatus]> {
    for (const [arn, { taken }] of this.#disk.tasks) if (taken !== "NONE") yield [arn, taken]
  }

  startAgent(): void {
    const { world, random, transcript, found } = this.#surroundings
    const { properties, path, keyId } = this.#place
    this.#agent = new Agent({
      world: processWorld(world, { random, log: silentLog }),
      machine: this.#machine,
      disk: this.#disk,
      path,
      api: new Api(path, keyId, transcript),
      keyId,
      transcript,
      registration: registrationOf(properties),
      gaveUp: () => {
        this.hasGivenUp = true
        transcript.say(properties.name, "agent gives up")
      },
      wrong: (what) => found("the region speaks the agents' protocol", `${properties.name}: ${what}`),
    })
  }

  killAgent(): void {
    this.#agent?.end(false)
    this.#agent = undefined
  }

  powerOff(): void {
    this.#agent?.end(true)
    this.#agent = undefined
    this.#machine.powerOff()
  }

  kill(task: string): void {
    this.#machine.kill(task)
  }

  twin(place: HostPlace): ForeignHost {
    return new ForeignHost(this.#surroundings, place, copyOf(this.#disk))
  }

  mend(): void {}
}
