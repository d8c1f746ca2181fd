import { ECS, ECSServiceException } from "@aws-sdk/client-ecs"
import type { Random } from "../../src/world/world.ts"
import type { Credentials } from "./process.ts"

export function ecsAt(endpoint: string, { accessKeyId, secretAccessKey }: Credentials): ECS {
  return new ECS({
    endpoint,
    credentials: { accessKeyId, secretAccessKey },
    region: "us-east-1",
    // Asking again by itself would hide that an answer stayed out, which is what these tests are about.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000 },
  })
}

/** A cluster as its writer would find it; undefined when there is none. Its tags are kept in a record of their own. */
type State = Active | { readonly status: "INACTIVE" } | undefined

interface Active {
  readonly status: "ACTIVE"
  readonly insights: string
  readonly tags: Readonly<Record<string, string>>
}

interface Change {
  readonly cluster: string
  readonly before: State
  readonly after: State
  readonly request: () => Promise<unknown>
}

/**
 * Changes clusters of its own, one request at a time, and remembers what it was told. Where an answer stayed out there
 * are two states in which the cluster may be, until somebody looks.
 */
export class Writer {
  readonly #prefix: string
  readonly #account: string
  readonly #random: Random

  /** By name, what each cluster may be like. */
  readonly #states = new Map<string, readonly State[]>()
  readonly #names: string[] = []
  readonly #unchecked = new Set<string>()
  #acknowledged = 0
  #unanswered = 0

  constructor(prefix: string, account: string, random: Random) {
    this.#prefix = prefix
    this.#account = account
    this.#random = random
  }

  /** Writes that were answered with success. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Writes of which nobody knows. */
  get unanswered(): number {
    return this.#unanswered
  }

  async writeUntilUnanswered(ecs: ECS): Promise<void> {
    while (await this.write(ecs)) {}
  }

  /** Makes one change; false when no answer came. A refusal fails the test: all that is asked is right. */
  async write(ecs: ECS): Promise<boolean> {
    const { cluster, before, after, request } = this.#nextChange(ecs)
    if (!this.#states.has(cluster)) this.#names.push(cluster)
    this.#states.set(cluster, [before, after])
    this.#unchecked.add(cluster)
    try {
      await request()
    } catch (error) {
      if (!isLost(error)) throw error
      this.#unanswered += 1
      return false
    }
    this.#acknowledged += 1
    this.#states.set(cluster, [after])
    return true
  }

  /** Looks at the clusters that were changed since the last look, or at all, and tells which are as they cannot be. */
  async misses(ecs: ECS, which: "changed" | "all" = "changed"): Promise<string[]> {
    const names = which === "all" ? this.#names : [...this.#unchecked]
    const found = await read(ecs, names)
    const misses: string[] = []
    for (const name of names) {
      const seen = textOf(found.get(name))
      const possible = this.#states.get(name)!
      const actual = possible.filter((state) => textOf(state) === seen).slice(0, 1)
      if (actual.length === 0) misses.push(`${name} is ${seen}, not ${possible.map(textOf).join(" or ")}`)
      this.#states.set(name, actual)
    }
    this.#unchecked.clear()
    return misses
  }

  #nextChange(ecs: ECS): Change {
    const usable = this.#names.slice(-RECENT).flatMap((cluster) => {
      const [before, other] = this.#states.get(cluster)!
      return before?.status === "ACTIVE" && other === undefined ? [{ cluster, before }] : []
    })
    const number = String(this.#acknowledged + this.#unanswered)
    const kind = usable.length < USABLE_MIN ? "create" : KINDS[this.#random.below(KINDS.length)]!
    if (kind === "create") {
      const cluster = `${this.#prefix}-${number}`
      const tags = { writer: this.#prefix, number }
      const after: Active = { status: "ACTIVE", insights: "disabled", tags }
      const request = () => ecs.createCluster({ clusterName: cluster, tags: listOf(tags) })
      return { cluster, before: undefined, after, request }
    }

    const { cluster, before } = usable[this.#random.below(usable.length)]!
    if (kind === "delete") {
      return { cluster, before, after: { status: "INACTIVE" }, request: () => ecs.deleteCluster({ cluster }) }
    }
    if (kind === "settings") {
      const insights = before.insights === "enabled" ? "enhanced" : "enabled"
      const settings = [{ name: "containerInsights" as const, value: insights }]
      const request = () => ecs.updateClusterSettings({ cluster, settings })
      return { cluster, before, after: { ...before, insights }, request }
    }
    const resourceArn = `arn:aws:ecs:us-east-1:${this.#account}:cluster/${cluster}`
    const after = { ...before, tags: { ...before.tags, number } }
    return { cluster, before, after, request: () => ecs.tagResource({ resourceArn, tags: listOf({ number }) }) }
  }
}

const KINDS = ["create", "tag", "tag", "settings", "delete"] as const

/** It chooses among its newest clusters, and makes another while fewer of them than this can be changed. */
const RECENT = 20
const USABLE_MIN = 3

async function read(ecs: ECS, names: readonly string[]): Promise<Map<string, State>> {
  const found = new Map<string, State>()
  for (let at = 0; at < names.length; at += DESCRIBED_MAX) {
    const { clusters = [] } = await ecs.describeClusters({
      clusters: names.slice(at, at + DESCRIBED_MAX),
      include: ["TAGS", "SETTINGS"],
    })
    for (const { clusterName, status, settings = [], tags = [] } of clusters) {
      const [insights] = settings
      found.set(
        clusterName!,
        status === "ACTIVE"
          ? { status, insights: insights!.value!, tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) }
          : { status: "INACTIVE" },
      )
    }
  }
  return found
}

const DESCRIBED_MAX = 100

function listOf(tags: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }))
}

/** The same for states that are the same: members and tags are always made in one order. */
function textOf(state: State): string {
  return state === undefined ? "not there" : JSON.stringify(state)
}

/** Whether an error leaves open what has become of the request. */
function isLost(error: unknown): boolean {
  if (error instanceof ECSServiceException) return error.$metadata.httpStatusCode === 503
  return true
}
