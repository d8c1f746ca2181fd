import { aTask } from "../placement/testing.ts"
import type { Task } from "../tables/task.ts"
import { boundsOf } from "./bounds.ts"
import type { Member, Standing } from "./member.ts"
import type { Situation } from "./strategy.ts"

let made = 0

export function aMember(standing: Standing, changes: Partial<Member> & { readonly on?: Partial<Task> } = {}): Member {
  const { on, ...rest } = changes
  const isTarget = changes.isTarget ?? true
  const task = aTask(`task-${made++}`, { revisionArn: isTarget ? "new" : "old", ...on })
  return { task, standing, isTarget, mustLeave: false, isProtected: false, ...rest }
}

export function members(count: number, standing: Standing, changes: Partial<Member> = {}): Member[] {
  return Array.from({ length: count }, () => aMember(standing, changes))
}

/** A service of these tasks in the middle of a deployment. */
export function aSituation(
  desiredCount: number,
  all: readonly Member[],
  { percents = [100, 200], ...changes }: Partial<Situation> & { readonly percents?: readonly [number, number] } = {},
): Situation {
  const [minimumHealthyPercent, maximumPercent] = percents
  const configuration = { minimumHealthyPercent, maximumPercent, ...changes.configuration }
  return {
    now: 0,
    targetArn: "new",
    desiredCount,
    bounds: boundsOf(desiredCount, configuration),
    members: all,
    stage: "SCALE_UP",
    stageAt: 0,
    hasFailed: false,
    isCrowded: false,
    choose: (some, count) => some.filter(({ isProtected }) => !isProtected).slice(0, Math.max(0, count)),
    ...changes,
    configuration,
  }
}
