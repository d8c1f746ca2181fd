import { sleep, type World } from "../../world/world.ts"
import { type Region, RegionError } from "../region.ts"

/** Questions about values, each asked a few times where the answer may be another one soon. */
export class Asking {
  readonly #world: World
  readonly #region: Region

  constructor(world: World, region: Region) {
    this.#world = world
    this.#region = region
  }

  /** One call: one try, with no more time than an agent gives it. */
  call(...[service, operation, input, options]: Parameters<Region["call"]>): ReturnType<Region["call"]> {
    return this.#region.call(service, operation, input, { msMax: CALL_MS_MAX, ...options })
  }

  /** Asks again while nobody answers or too many ask; what fails then says what it was about and how often it was tried. */
  async patiently<T>(ask: () => Promise<T>, what: (retries: number) => string): Promise<T> {
    for (let retries = 0; ; retries++) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof RegionError)) throw error
        if (retries === RETRIES_MAX || !mayPass(error))
          throw new Error(`${what(retries)}: ${error.code}: ${error.message}`, { cause: error })
      }
      await sleep(this.#world, PAUSE_MS * 2 ** retries)
    }
  }
}

function mayPass({ code, status }: RegionError): boolean {
  return status === 0 || status >= 500 || /Throttl|TooManyRequests|RequestLimit/.test(code)
}

const CALL_MS_MAX = 5_000
const RETRIES_MAX = 4
const PAUSE_MS = 250
