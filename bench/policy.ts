import type { Bench } from "./bench.ts"
import { startContender } from "./contender.ts"
import { inTurns, ratioOf, spreadOf } from "./measure.ts"
import type { PolicyOrder, PolicySettings } from "./policy-contender.ts"

/** May a task's role do this? Decided by compiled policies, and by the plain reader that tests hold them against. */
export const policyBench: Bench = async ({ seconds, say }) => {
  const start = (settings: PolicySettings) => startContender<PolicyOrder, number>("./policy-contender.ts", settings)
  await using compiled = await start({ decider: "compiled" })
  await using plain = await start({ decider: "plain" })
  const measured = await inTurns("policy decisions", {
    compiled: () => compiled.run({ seconds }),
    plain: () => plain.run({ seconds }),
  })
  say("Policies: a role with five policies and a boundary, twelve kinds of requests in turn, a third of them denied.")
  return [
    {
      name: "policy decisions",
      unit: "/s",
      ours: spreadOf(measured.compiled),
      theirs: { name: "plain reader", spread: spreadOf(measured.plain) },
      ratio: ratioOf(measured.compiled, measured.plain),
      target: { of: "ours", atLeast: 200_000 },
    },
  ]
}
