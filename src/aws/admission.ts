import { CommonFault } from "./common-fault.ts"

/**
 * Keeps what is under way within bounds: in all, and for each account, so that one that asks too much is refused
 * before the others are slowed down.
 */
export class Admission {
  readonly #all: number
  readonly #perAccount: number
  readonly #byAccount = new Map<string, number>()
  #inFlight = 0

  constructor({ all = 8_192, perAccount = 1_024 }: { readonly all?: number; readonly perAccount?: number } = {}) {
    this.#all = all
    this.#perAccount = perAccount
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Lets a request in, or not; who is let in leaves later. */
  enter(): boolean {
    if (this.#inFlight >= this.#all) return false
    this.#inFlight += 1
    return true
  }

  leave(account: string | undefined): void {
    this.#inFlight -= 1
    if (account === undefined) return
    const count = this.#byAccount.get(account)! - 1
    if (count === 0) this.#byAccount.delete(account)
    else this.#byAccount.set(account, count)
  }

  /** Counts a request that is in on its account; throws when the account has its share under way already. */
  enterAccount(account: string): void {
    const count = this.#byAccount.get(account) ?? 0
    if (count >= this.#perAccount) throw new CommonFault("throttled", "Rate exceeded")
    this.#byAccount.set(account, count + 1)
  }
}
