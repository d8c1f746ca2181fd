import type { LocalVpc } from "../plan/desired.ts"

/** An interface that has a flow log, with what tells its packets from others'. */
export interface Covered {
  readonly id: string
  readonly vpcId: string

  /** The instance that it belongs to. */
  readonly host: string
  readonly link: string

  /** How long flows are added up, in seconds; for each there are flow logs that want it so. */
  readonly intervals: readonly number[]
}

/** By the ids of the interfaces. */
export type Coverage = ReadonlyMap<string, Covered>

export function coverageOf(vpcs: ReadonlyMap<string, LocalVpc>): Coverage {
  const coverage = new Map<string, Covered>()
  for (const [vpcId, { locals }] of vpcs) {
    for (const { record, link } of locals) {
      const { id, host = "", flowIntervals: intervals = [] } = record
      if (intervals.length > 0) coverage.set(id, { id, vpcId, host, link, intervals })
    }
  }
  return coverage
}
