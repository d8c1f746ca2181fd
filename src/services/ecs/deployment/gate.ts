import type { Tx } from "../../../store/transaction.ts"
import type { Deployment } from "../tables/deployment.ts"
import type { Stage } from "./strategy.ts"

/**
 * What has to happen outside before a deployment enters another stage: targets to be healthy, alarms to be quiet, a hook
 * to have answered. A gate that stays closed is asked again when something of the deployment or of its tasks changes; who
 * opens it changes a record that the scheduler watches.
 */
export interface DeploymentGate {
  readonly verdict: (tx: Tx, deployment: Deployment, next: Stage) => Verdict
}

export type Verdict = "open" | "closed" | { readonly failedBecause: string }

/** There are none until there are load balancers, alarms and hooks; the health of tasks is the strategy's own matter. */
const gates: readonly DeploymentGate[] = []

/** One gate that fails fails the deployment; one that is closed holds it. */
export function mayEnter(tx: Tx, deployment: Deployment, next: Stage): Verdict {
  let all: Verdict = "open"
  for (const gate of gates) {
    const verdict = gate.verdict(tx, deployment, next)
    if (typeof verdict === "object") return verdict
    if (verdict === "closed") all = "closed"
  }
  return all
}
