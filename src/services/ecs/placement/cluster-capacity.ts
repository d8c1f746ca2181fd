import type { LaunchType } from "@aws-sdk/client-ecs"
import type { Task } from "../tables/task.ts"
import type { Board } from "./board.ts"
import type { Candidates } from "./candidates.ts"
import { ChangeLog } from "./change-log.ts"
import type { InstanceCapacity } from "./instance-capacity.ts"
import type { Partition } from "./partition.ts"
import { RecentlyUsed } from "./recently-used.ts"
import type { PlacementRequest } from "./request.ts"
import type { Room } from "./room.ts"
import type { Spreads } from "./spreads.ts"
import { Tally } from "./tally.ts"

/**
 * Tasks that are spread, or kept apart, with regard to each other: those of one service, or those that RunTask has put
 * into one group. Only tasks that are to run count: AWS too looks at what is wanted, so that the replacement of a task
 * that is stopping may take its place. There is none without a task.
 */
export interface Kin {
  readonly serviceArn: string | undefined

  /** All tasks of a service are in its group. */
  readonly group: string
  readonly zones: Tally<string>
  tasks: number

  /** Instances where there are more or fewer of them. */
  readonly changes: ChangeLog<InstanceCapacity>
}

/** What a cluster shows of its tasks, for each launch type. */
export interface TaskCounts {
  readonly running: ReadonlyMap<LaunchType, number>
  readonly pending: ReadonlyMap<LaunchType, number>
}

/** One cluster's instances and tasks. */
export class ClusterCapacity {
  /** Every instance of which there is a record, in whatever state. */
  readonly instances = new Map<string, InstanceCapacity>()

  /** Instances whose records have changed, those where tasks have come or gone, and those where some have gone. */
  readonly faceChanges = new ChangeLog<InstanceCapacity>()
  readonly changes = new ChangeLog<InstanceCapacity>()
  readonly releases = new ChangeLog<InstanceCapacity>()
  readonly running = new Tally<LaunchType>()
  readonly pending = new Tally<LaunchType>()

  /** ACTIVE and DRAINING ones. */
  registeredInstances = 0

  /** Tasks that are not STOPPED yet: also those on their way there, which are neither running nor pending. */
  liveTasks = 0

  /** What plans have worked out about this cluster, to be brought up to date when it is asked for again. */
  readonly candidates = new RecentlyUsed<Candidates>()
  readonly partitions = new RecentlyUsed<Partition>()
  readonly spreads = new RecentlyUsed<Spreads>()
  readonly rooms = new RecentlyUsed<Room>()
  readonly boards = new RecentlyUsed<Board>()
  readonly boardOf = new WeakMap<PlacementRequest, Board>()

  readonly #services = new Map<string, Kin>()
  readonly #groups = new Map<string, Kin>()

  get isEmpty(): boolean {
    return (
      this.instances.size === 0 &&
      this.liveTasks === 0 &&
      this.#services.size === 0 &&
      this.#groups.size === 0 &&
      this.running.isEmpty &&
      this.pending.isEmpty
    )
  }

  kin({ serviceArn, group }: KinName): Kin | undefined {
    return serviceArn === undefined ? this.#groups.get(group) : this.#services.get(serviceArn)
  }

  /** Counts a task that is to run, and says whom it belongs with. */
  countKin(task: Task, sign: 1 | -1): Kin {
    const { serviceArn, group } = task
    let kin = this.kin(task)
    if (kin === undefined) {
      kin = { serviceArn, group, zones: new Tally(), tasks: 0, changes: new ChangeLog() }
      if (serviceArn === undefined) this.#groups.set(group, kin)
      else this.#services.set(serviceArn, kin)
    }
    kin.tasks += sign
    if (task.zone !== undefined) kin.zones.add(task.zone, sign)
    if (kin.tasks === 0) {
      if (serviceArn === undefined) this.#groups.delete(group)
      else this.#services.delete(serviceArn)
    }
    return kin
  }

  /** Everyone who has tasks that are to run here. */
  *kins(): Generator<Kin> {
    yield* this.#services.values()
    yield* this.#groups.values()
  }
}

export interface KinName {
  readonly serviceArn?: string | undefined
  readonly group: string
}
