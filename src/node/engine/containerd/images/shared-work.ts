/** Work that is going on, by what it is for: whoever asks for the same joins it, and it ends early when nobody waits any more. */
export class SharedWork<Result> {
  readonly #going = new Map<
    string,
    { readonly stop: AbortController; readonly result: Promise<Result>; waiting: number }
  >()

  async join(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    for (;;) {
      signal.throwIfAborted()
      const work = this.#going.get(key)
      // What was given up is on its way out, and what follows must not meet it.
      if (work?.stop.signal.aborted) await work.result.catch(() => {})
      else return this.#wait(work ?? this.#start(key, start), signal)
    }
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<Result>) {
    const stop = new AbortController()
    const result = start(stop.signal).finally(() => this.#going.delete(key))
    const work = { stop, result, waiting: 0 }
    this.#going.set(key, work)
    return work
  }

  #wait(
    work: { readonly stop: AbortController; readonly result: Promise<Result>; waiting: number },
    signal: AbortSignal,
  ): Promise<Result> {
    work.waiting += 1
    return new Promise<Result>((resolve, reject) => {
      const leave = () => {
        work.waiting -= 1
        // The last one turns off the light, and goes when it is out: nothing is left half done behind it.
        if (work.waiting === 0) work.stop.abort(signal.reason)
        else reject(signal.reason)
      }
      signal.addEventListener("abort", leave, { once: true })
      work.result
        .then(resolve, (error) => reject(signal.aborted ? signal.reason : error))
        .finally(() => signal.removeEventListener("abort", leave))
    })
  }
}
