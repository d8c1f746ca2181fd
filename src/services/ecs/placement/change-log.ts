/**
 * Remembers which values have changed, in order, for those who derive something from them and want to catch up only
 * when they are asked. It forgets what is long past; who has not read that far must begin anew.
 */
export class ChangeLog<T> {
  #values: T[] = []
  #forgotten = 0
  #marked = 0

  get #end(): number {
    return this.#forgotten + this.#values.length
  }

  /** Answers with the position behind the change. */
  add(value: T): number {
    // Several changes in a row are one, unless someone has already seen the first.
    if (this.#marked < this.#end && this.#values.at(-1) === value) return this.#end
    if (this.#values.length >= LENGTH_MAX) {
      this.#forgotten += LENGTH_MAX / 2
      this.#values = this.#values.slice(LENGTH_MAX / 2)
    }
    this.#values.push(value)
    return this.#end
  }

  /** The position behind the newest change, for someone who now knows how everything is. */
  mark(): number {
    this.#marked = this.#end
    return this.#end
  }

  /**
   * Hands over each value that has changed since a position, with the position behind that change; false, and none, when
   * some of them are forgotten.
   */
  since(position: number, changed: (value: T, to: number) => void): boolean {
    if (position < this.#forgotten) return false
    for (let at = position - this.#forgotten; at < this.#values.length; ) {
      const value = this.#values[at++]!
      changed(value, this.#forgotten + at)
    }
    return true
  }
}

const LENGTH_MAX = 8192
