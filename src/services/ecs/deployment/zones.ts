import type { Member } from "./member.ts"

export interface Imbalance {
  /** Where there is a task too many, and where one too few. */
  readonly from: string
  readonly to: string
}

/**
 * Decides whether a steady service is out of balance: when some zone has at least two tasks more than another that could
 * have some. `zones` are those with instances that would do.
 */
export function planRebalancing(members: readonly Member[], zones: readonly string[]): Imbalance | undefined {
  const counts = tasksPerZone(members, zones)
  let from: string | undefined
  let to: string | undefined
  for (const [zone, count] of counts) {
    if (from === undefined || count > counts.get(from)!) from = zone
    if (zones.includes(zone) && (to === undefined || count < counts.get(to)!)) to = zone
  }
  if (from === undefined || to === undefined || counts.get(from)! - counts.get(to)! <= 1) return undefined
  return { from, to }
}

/** How many tasks each zone has, zones without any among them. */
export function tasksPerZone(members: readonly Member[], zones: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map(zones.map((zone) => [zone, 0]))
  for (const { task, standing } of members) {
    if (task.zone !== undefined && standing !== "stopping") counts.set(task.zone, (counts.get(task.zone) ?? 0) + 1)
  }
  return counts
}

/** As AWS says it: the fullest zone first. */
export function zonesSentence(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([zoneA, a], [zoneB, b]) => b - a || (zoneA < zoneB ? -1 : 1))
    .map(([zone, count]) => `${count} tasks in ${zone}`)
    .join(", ")
}
