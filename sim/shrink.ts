import { FAULTS } from "./fault/all.ts"
import { type SimulationOptions, type SimulationResult, simulate } from "./simulation.ts"

export interface Shrunk {
  readonly options: SimulationOptions
  readonly result: SimulationResult
}

/**
 * Looks for a shorter and quieter day on which the same invariant breaks: users stop earlier, and of the faults only
 * those strike without which it would not.
 */
export async function shrink(options: SimulationOptions, found: SimulationResult): Promise<Shrunk> {
  let best: Shrunk = { options, result: found }

  async function attempt(change: Partial<SimulationOptions>): Promise<boolean> {
    const tried = { ...best.options, ...change }
    const result = await simulate(tried)
    const isSame = result.breach?.invariant === found.breach?.invariant
    if (isSame && result.transcript.lines.length < best.result.transcript.lines.length)
      best = { options: tried, result }
    return isSame
  }

  for (let until = options.until ?? UNTIL; until >= 15; until = Math.floor(until / 2))
    if (!(await attempt({ until }))) break
  const faults = new Set(options.faults ?? FAULTS.map(({ name }) => name))
  for (const name of [...faults]) {
    const others = [...faults].filter((other) => other !== name)
    if (await attempt({ faults: others })) faults.delete(name)
  }
  return best
}

const UNTIL = 240
