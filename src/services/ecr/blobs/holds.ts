/** What must not be removed just now, and how many say so. */
export class Holds {
  readonly #counts = new Map<string, number>()

  has(name: string): boolean {
    return this.#counts.has(name)
  }

  hold(name: string): Disposable {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
    let isOver = false
    return {
      [Symbol.dispose]: () => {
        if (isOver) return
        isOver = true
        const left = this.#counts.get(name)! - 1
        if (left === 0) this.#counts.delete(name)
        else this.#counts.set(name, left)
      },
    }
  }
}
