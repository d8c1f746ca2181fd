import { type AskedPlace, type Credentials, placeFrom, type Status } from "./control.ts"
import { Refusal } from "./exit.ts"
import type { Membership } from "./join-wire.ts"

/** What the region's process does for the command line. */
export interface Controlled {
  status(): Status

  /** Refuses when another process leads. */
  credentials(): Credentials
  createAccounts(count: number): Promise<readonly Credentials[]>

  /** A place for the machine that asks, which is this one. */
  join(place: AskedPlace): Promise<Membership>

  /** A word with which another machine takes the place, within some time. */
  createJoinToken(place: AskedPlace, msValid: number): Promise<string>
  stop(): void
}

export async function answerFor(controlled: Controlled, asked: string, parameters: URLSearchParams): Promise<unknown> {
  switch (asked) {
    case "GET /status":
      return controlled.status()
    case "GET /credentials":
      return controlled.credentials()
    case "POST /accounts":
      return controlled.createAccounts(Number(parameters.get("count")))
    case "POST /join":
      return controlled.join(placeFrom(parameters))
    case "POST /join-tokens":
      return { token: await controlled.createJoinToken(placeFrom(parameters), Number(parameters.get("ms"))) }
    case "POST /stop":
      controlled.stop()
      return {}
    default:
      throw new Refusal(`The running Homeport does not know "${asked}"; it may be of another version.`)
  }
}
