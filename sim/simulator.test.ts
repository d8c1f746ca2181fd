import { expect, test } from "vitest"
import { shrink } from "./shrink.ts"
import { type SimulationOptions, simulate } from "./simulation.ts"

const full = process.env.HOMEPORT_FULL === "1"

/** What someone needs who is to find out what went wrong. */
async function account(options: SimulationOptions): Promise<string> {
  const result = await simulate(options)
  if (result.breach === undefined) return ""
  const shrunk = await shrink(options, result)
  const { invariant, what } = result.breach
  return `seed ${options.seed}: ${invariant}: ${what}\n${JSON.stringify(shrunk.options)}\n${shrunk.result.transcript.tail(60)}`
}

test("no invariant breaks, whatever happens, and everything settles once it is over", async () => {
  for (let seed = 1; seed <= (full ? 5_000 : 60); seed++) expect(await account({ seed })).toBe("")
})

test("many machines and a long day are no different", async () => {
  for (let seed = 1; seed <= (full ? 200 : 3); seed++) {
    expect(await account({ seed: 100_000 + seed, nodes: 12, until: 900 })).toBe("")
  }
})

test("the same seed gives the same trace, and another one another", async () => {
  const hashes = new Set<string>()
  for (const seed of [7, 8, 9]) {
    const first = await simulate({ seed })
    const second = await simulate({ seed })
    expect(second.hash).toBe(first.hash)
    expect(second.transcript.lines).toEqual(first.transcript.lines)
    hashes.add(first.hash)
  }
  expect(hashes.size).toBe(3)
})
