export interface Load {
  /** How many callers there are at a time; each calls again as soon as its last call is answered. */
  readonly callers: number
  readonly seconds: number
}

export interface Tally {
  readonly calls: number

  /** From the first call to the last answer. */
  readonly seconds: number
}

export async function closedLoop({ callers, seconds }: Load, call: (caller: number) => Promise<void>): Promise<Tally> {
  const startedAt = performance.now()
  const until = startedAt + seconds * 1000
  let calls = 0
  const caller = async (number: number) => {
    while (performance.now() < until) {
      await call(number)
      calls += 1
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)))
  return { calls, seconds: (performance.now() - startedAt) / 1000 }
}

export function perSecond({ calls, seconds }: Tally): number {
  return calls / seconds
}
