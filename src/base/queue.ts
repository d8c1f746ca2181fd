/** First in, first out, without moving what waits each time something leaves. */
export class Queue<T> {
  #values: T[] = []
  #head = 0

  get length(): number {
    return this.#values.length - this.#head
  }

  push(value: T): void {
    this.#values.push(value)
  }

  shift(): T | undefined {
    if (this.#head === this.#values.length) return undefined
    const value = this.#values[this.#head]!
    this.#values[this.#head] = undefined as T
    this.#head += 1
    // What has left is given back once it is the larger half.
    if (this.#head > 64 && this.#head * 2 > this.#values.length) {
      this.#values = this.#values.slice(this.#head)
      this.#head = 0
    }
    return value
  }
}
