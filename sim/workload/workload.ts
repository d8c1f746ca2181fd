import { sleep } from "../../src/world/world.ts"
import type { Action, User } from "./action.ts"
import { clusterActions } from "./clusters.ts"
import { definitionActions, registerDefinition } from "./definitions.ts"
import { between } from "./draw.ts"
import { instanceActions } from "./instances.ts"
import { serviceActions } from "./services.ts"
import { taskSetActions } from "./task-sets.ts"
import { taskActions } from "./tasks.ts"

/** Every kind of thing that users do. */
export const ACTIONS: readonly Action[] = [
  ...clusterActions,
  ...definitionActions,
  ...taskActions,
  ...serviceActions,
  ...taskSetActions,
  ...instanceActions,
]

const WEIGHT = ACTIONS.reduce((sum, { weight }) => sum + weight, 0)

/** One user's day: one thing after another, as chance has it, until it is over. */
export async function work(user: User, isOver: () => boolean): Promise<void> {
  await registerDefinition(user, "good", { isFargate: false, plain: true })
  await registerDefinition(user, "good", { isFargate: true, plain: true })
  while (!isOver()) {
    await drawn(user).act(user)
    await sleep(user.world, between(user.random, ...PAUSE_MS))
  }
}

function drawn({ random }: User): Action {
  let left = random.below(WEIGHT)
  return ACTIONS.find(({ weight }) => {
    left -= weight
    return left < 0
  })!
}

const PAUSE_MS = [100, 4_000] as const
