import type { TaskPayload } from "../../../src/wire/task.ts"
import type { SimulatedWorld } from "../../../src/world/simulated.ts"
import type { Cancel, Random } from "../../../src/world/world.ts"
import { chance } from "../../network.ts"
import { type Behaviour, behaviourOf, SIDE_ENDS_MS } from "../image.ts"

/** One task's containers as they are on a machine, whoever knows of them. */
export interface Run {
  readonly payload: TaskPayload
  state: "pulling" | "running" | "stopping" | "stopped"
  exitCode: number | undefined
  reason: string | undefined
  isSick: boolean

  /** Containers beside the first that have ended, which takes nothing else with it. */
  readonly ended: Set<string>
  readonly ports: ReadonlyMap<string, number>
}

export interface MachineOptions {
  readonly world: SimulatedWorld
  readonly random: Random

  /** Every task that any machine has ever run. */
  readonly ran: Set<string>
}

/**
 * A machine with its container runtime. What runs goes on running without an agent, as it does with containerd; when
 * the power goes, all of it is gone.
 */
export class Machine {
  readonly runs = new Map<string, Run>()
  readonly #world: SimulatedWorld
  readonly #random: Random
  readonly #ran: Set<string>

  /** Hears of each change of a run: the agent, while there is one. */
  changed: ((run: Run) => void) | undefined
  #life = 0
  #nextPort: number

  /** Ports that nobody fixes are counted up from `firstPort`: twins of one identity must not find the same ones. */
  constructor({ world, random, ran }: MachineOptions, firstPort: number) {
    this.#world = world
    this.#random = random
    this.#ran = ran
    this.#nextPort = firstPort
  }

  /** Tasks of which containers run right now. */
  running(): string[] {
    return [...this.runs].flatMap(([arn, { state }]) => (state === "running" || state === "stopping" ? [arn] : []))
  }

  /** Pulls and starts what is not there yet. Returns what stops the pulling, as it ends with the agent that asked for it. */
  start(payload: TaskPayload): Cancel {
    const known = this.runs.get(payload.arn)
    if (known !== undefined) return () => {}
    const behaviour: Behaviour = behaviourOf(payload.containers[0]!.image)
    const run: Run = {
      payload,
      state: "pulling",
      exitCode: undefined,
      reason: undefined,
      isSick: false,
      ended: new Set(),
      ports: this.#portsFor(payload),
    }
    this.runs.set(payload.arn, run)
    return this.#later(behaviour.pullMs ?? PULL_FAILS_MS, () => {
      if (run.state !== "pulling") return
      if (behaviour.pullMs === undefined) return this.#stopped(run, undefined, "CannotPullContainerError: not found")
      this.#ran.add(payload.arn)
      this.#set(run, "running")
      if (behaviour.exitMs !== undefined && chance(this.#random, behaviour.exiting ?? 1000)) {
        this.#later(behaviour.exitMs, () => this.#stopped(run, behaviour.exitCode, undefined))
      }
      for (const { name } of payload.containers.slice(1)) {
        this.#later(SIDE_ENDS_MS, () => {
          if (run.state !== "running") return
          run.ended.add(name)
          this.changed?.(run)
        })
      }
      if (behaviour.outOfMemoryMs !== undefined) this.#later(behaviour.outOfMemoryMs, () => this.kill(payload.arn))
      if (behaviour.sickMs !== undefined) {
        this.#later(behaviour.sickMs, () => {
          run.isSick = true
        })
      }
    })
  }

  stop(arn: string): void {
    const run = this.runs.get(arn)
    if (run === undefined || run.state === "stopping" || run.state === "stopped") return
    if (run.state === "pulling") {
      this.#stopped(run, undefined, undefined)
      return
    }
    this.#set(run, "stopping")
    const { stopMs } = behaviourOf(run.payload.containers[0]!.image)
    const [least, most] = stopMs
    const inTime = [Math.min(least, STOP_TIMEOUT_MS), Math.min(most, STOP_TIMEOUT_MS + 1)] as const
    this.#later(inTime, () => this.#stopped(run, least > STOP_TIMEOUT_MS ? 137 : 143, undefined))
  }

  /** A container that ends for no reason of its own, as under the kernel's knife. */
  kill(arn: string): void {
    const run = this.runs.get(arn)
    if (run?.state === "running") this.#stopped(run, 137, "OutOfMemoryError: Container killed due to memory usage")
  }

  /** Takes what is left of a pull away, as its agent has gone. */
  abandonPulls(): void {
    for (const [arn, run] of this.runs) if (run.state === "pulling") this.runs.delete(arn)
  }

  powerOff(): void {
    this.#life += 1
    this.changed = undefined
    this.runs.clear()
  }

  #set(run: Run, state: Run["state"]): void {
    run.state = state
    this.changed?.(run)
  }

  #stopped(run: Run, exitCode: number | undefined, reason: string | undefined): void {
    if (run.state === "stopped") return
    run.exitCode = exitCode
    run.reason = reason
    this.#set(run, "stopped")
  }

  #later([least, most]: readonly [number, number], work: () => void): Cancel {
    const life = this.#life
    return this.#world.after(least + this.#random.below(most - least), () => {
      if (life === this.#life) work()
    })
  }

  /** Ports that the definition fixes are taken as they are; for the others the machine finds one. */
  #portsFor({ containers }: TaskPayload): Map<string, number> {
    const ports = new Map<string, number>()
    for (const { portMappings = [] } of containers) {
      for (const { containerPort = 0, hostPort = 0, protocol } of portMappings) {
        ports.set(`${containerPort}/${protocol}`, hostPort === 0 ? this.#nextPort++ : hostPort)
      }
    }
    return ports
  }
}

const PULL_FAILS_MS = [500, 3_000] as const
const STOP_TIMEOUT_MS = 30_000
