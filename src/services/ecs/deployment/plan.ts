import type { Obstacle } from "../tables/deployment.ts"
import type { Member } from "./member.ts"
import type { DeploymentStrategy, Plan, Situation, Stage, Stop } from "./strategy.ts"

/** New tasks come as old ones go, between the service's bounds. */
export const rolling: DeploymentStrategy = { plan: planRolling }

/**
 * Decides the next step of a rolling update, which is also how a service is kept as it is: then all its tasks are of the
 * target revision already. At most `countMax` tasks exist at once, those that are still stopping among them, and no
 * healthy task goes while only `healthyMin` are.
 */
export function planRolling(situation: Situation): Plan {
  const { members, desiredCount, bounds, targetArn, hasFailed } = situation
  if (hasFailed) return planFailed(situation)

  const wanted = members.filter(({ standing }) => standing !== "stopping")
  const staying = wanted.filter(({ isTarget, mustLeave }) => isTarget && !mustLeave)
  const good = staying.filter(({ standing }) => standing !== "unhealthy")
  const missing = Math.max(0, desiredCount - good.length)
  const room = Math.max(0, bounds.countMax - members.length)
  const start = Math.min(missing, room)

  const stop: Stop[] = [
    ...leavingStops(situation, wanted),
    ...unhealthyStops(situation, staying, good, start),
    ...surplusStops(situation, wanted, good),
  ]
  const { stage, isComplete, nextLook } = progress(situation, good)
  const obstacle = start === 0 && stop.length === 0 ? obstacleOf(situation, wanted, missing) : undefined
  return {
    start: start > 0 ? [{ revisionArn: targetArn, count: start }] : [],
    stop,
    stage,
    traffic: { [targetArn]: 100 },
    isComplete,
    ...(obstacle !== undefined && { obstacle }),
    ...(nextLook !== undefined && { nextLook }),
  }
}

/** Nothing new comes, so what there is stays, but for what is too much: of that, what carries no load goes first. */
function planFailed({ members, desiredCount, targetArn, stage, choose }: Situation): Plan {
  const wanted = members.filter(({ standing }) => standing !== "stopping")
  const excess = wanted.length - desiredCount
  const [idle, working] = partition(wanted, ({ standing }) => standing === "starting" || standing === "unhealthy")
  const surplus = [...choose(idle, excess)]
  surplus.push(...choose(working, excess - surplus.length))
  return {
    start: [],
    stop: surplus.map((member) => ({ member, because: "scaling" })),
    stage,
    traffic: { [targetArn]: 100 },
    isComplete: false,
  }
}

function partition(members: readonly Member[], is: (member: Member) => boolean): readonly [Member[], Member[]] {
  return [members.filter(is), members.filter((member) => !is(member))]
}

/**
 * Those of other revisions, and those on instances that drain. One that carries no load goes at once; one that has yet to
 * prove itself may well carry some, and goes when there are enough without it; a healthy one when the bound allows it.
 */
function leavingStops({ bounds, choose }: Situation, wanted: readonly Member[]): Stop[] {
  const leaving = wanted.filter(({ isTarget, mustLeave }) => !isTarget || mustLeave)
  const spare = spareOf(wanted, bounds.healthyMin)
  const unhealthy = leaving.filter(({ standing }) => standing === "unhealthy")
  const idle = leaving.filter(({ standing, isProtected }) => standing === "starting" && !isProtected)
  const unproven = leaving.filter(({ standing, isProtected }) => standing === "unproven" && !isProtected)
  const healthy = leaving.filter(({ standing }) => standing === "healthy")
  const going = [...idle, ...(spare >= 0 ? unproven : []), ...choose(healthy, spare)]
  return [
    ...unhealthy.map((member): Stop => ({ member, because: "unhealthy" })),
    ...going.map((member): Stop => ({ member, because: "scaling" })),
  ]
}

/**
 * An unhealthy task waits for its replacement to be healthy. Where there is no room, or no place, for a replacement
 * beside it, it goes first, one at a time.
 */
function unhealthyStops(
  { desiredCount, members, isCrowded }: Situation,
  staying: readonly Member[],
  good: readonly Member[],
  start: number,
): Stop[] {
  const unhealthy = staying.filter(({ standing }) => standing === "unhealthy")
  const isReplaced = good.filter(({ standing }) => standing === "healthy").length >= desiredCount
  const isCramped = (start === 0 && good.length < desiredCount) || isCrowded
  const isOnItsWay = members.some(({ standing }) => standing === "stopping")
  const going = isReplaced ? unhealthy : isCramped && !isOnItsWay ? unhealthy.slice(0, 1) : []
  return going.map((member) => ({ member, because: "unhealthy" }))
}

/** What is too much of the target revision. Healthy ones go as far as those that leave have left the bound room. */
function surplusStops(
  { desiredCount, bounds, choose }: Situation,
  wanted: readonly Member[],
  good: readonly Member[],
): Stop[] {
  const surplus = choose(good, good.length - desiredCount)
  const others = wanted.filter(
    ({ isTarget, mustLeave, standing }) => (!isTarget || mustLeave) && standing === "healthy",
  )
  let spare = spareOf(wanted, bounds.healthyMin) - others.length
  const going = surplus.filter(({ standing }) => standing !== "healthy" || spare-- > 0)
  return going.map((member) => ({ member, because: "scaling" }))
}

function spareOf(wanted: readonly Member[], healthyMin: number): number {
  return wanted.filter(({ standing }) => standing === "healthy").length - healthyMin
}

/** Where the deployment has got to. With criteria for an early success it need not wait for the last task. */
function progress(
  { now, members, desiredCount, configuration, stage, stageAt }: Situation,
  good: readonly Member[],
): Pick<Plan, "stage" | "isComplete" | "nextLook"> {
  const { earlySuccessCriteria: early, bakeTimeInMinutes: bakeMinutes = 0 } = configuration
  const healthyPercent = early?.enable ? (early.healthyPercent ?? 100) : 100
  const healthy = good.filter(({ standing }) => standing === "healthy").length
  const isUp = healthy >= Math.ceil((desiredCount * healthyPercent) / 100)
  const isClean =
    (early?.enable && early.sourceServiceRevisionCleanup === "DEFERRED") || members.every(({ isTarget }) => isTarget)

  // What has been reached once is not lost again by a task that falls ill while the others are cleaned up.
  const hasBeenUp = AFTER_SCALE_UP.includes(stage)
  if (!isUp && !hasBeenUp) return { stage: "SCALE_UP", isComplete: false }
  const bakedAt = (stage === "BAKE_TIME" ? stageAt : now) + bakeMinutes * 60_000
  if (stage !== "CLEAN_UP" && now < bakedAt) return { stage: "BAKE_TIME", isComplete: false, nextLook: bakedAt }
  return { stage: "CLEAN_UP", isComplete: isUp && isClean }
}

const AFTER_SCALE_UP: readonly Stage[] = ["BAKE_TIME", "CLEAN_UP"]

/** Why nothing moves; undefined when nothing has to, or while something is on its way that will let it. */
function obstacleOf(
  { members, bounds, desiredCount, configuration }: Situation,
  wanted: readonly Member[],
  missing: number,
): Pick<Obstacle, "kind" | "reason"> | undefined {
  if (members.length > wanted.length) return undefined
  if (wanted.some(({ standing }) => standing === "starting" || standing === "unproven")) return undefined
  const kept = wanted.filter((member) => member.isProtected && (!member.isTarget || member.mustLeave))
  if (kept.length > 0 && spareOf(wanted, bounds.healthyMin) > 0) {
    return { kind: "protection", reason: `${kept.length} tasks under protection must not be stopped` }
  }
  if (missing === 0) return undefined
  const { minimumHealthyPercent, maximumPercent } = configuration
  return {
    kind: "bounds",
    reason: `of ${desiredCount} tasks, maximumPercent ${maximumPercent} allows at most ${bounds.countMax} at once and minimumHealthyPercent ${minimumHealthyPercent} asks for at least ${bounds.healthyMin} healthy ones, so that no task can start before another stops and none can stop before another starts`,
  }
}
