import type { ImageName } from "../node/image.ts"
import type { Node } from "../node/node.ts"

/** What the users of a simulation have been told, and act on. All of them share it, as colleagues do. */
export class Known {
  readonly definitions: KnownDefinition[] = []
  readonly tasks: string[] = []
  readonly services = new Map<string, KnownService>()
  readonly deployments: string[] = []
  /** Of the users' default network. */
  subnets: readonly string[] = []
  readonly clusters = new Set<string>([MAIN_CLUSTER])
  readonly nodes: readonly Node[]

  /** Services that have got something that can run, once faults were over. */
  readonly repaired = new Set<string>()
  numbers = 0

  constructor(nodes: readonly Node[]) {
    this.nodes = nodes
  }

  next(): number {
    this.numbers += 1
    return this.numbers
  }

  /** Where tasks of their own network go. */
  network() {
    return { awsvpcConfiguration: { subnets: this.subnets.slice(0, 2) } }
  }

  /** ACTIVE services, as far as anyone knows. */
  living(): KnownService[] {
    return [...this.services.values()].filter(({ isDeleted }) => !isDeleted)
  }
}

export interface KnownDefinition {
  readonly arn: string
  readonly image: ImageName
  readonly isFargate: boolean

  /** Whether it wants nothing of its machine that another task may have. */
  readonly isPlain: boolean
  isDeregistered: boolean
}

export interface KnownService {
  readonly name: string
  readonly arn: string
  readonly isFargate: boolean
  readonly isDaemon: boolean
  readonly isExternal: boolean
  isDeleted: boolean

  /** Requests that would change it and whose outcome is open: while there are any, nobody knows what it is like. */
  open: number

  /** How many there have been. */
  changes: number
  readonly taskSets: string[]
}

export const MAIN_CLUSTER = "shop"
