import { setTimeout as pause } from "node:timers/promises"

/** Asks again and again until there is an answer, something true, and gives that. For what another process does in its own time. */
export async function until<Answer>(
  ask: () => Answer | Promise<Answer>,
): Promise<Exclude<Answer, undefined | null | false>> {
  for (;;) {
    const answer = await ask()
    if (answer) return answer as Exclude<Answer, undefined | null | false>
    await pause(LOOK_MS)
  }
}

const LOOK_MS = 10
