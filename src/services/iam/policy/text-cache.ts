/**
 * Keeps what is made from texts, by the text. What was asked for since about half of the room was last used up stays; the
 * rest goes together, so that nothing is kept in order.
 */
export class TextCache<V> {
  readonly #make: (text: string) => V
  readonly #lengthMax: number
  #recent = new Map<string, V>()
  #earlier = new Map<string, V>()
  #length = 0

  /** `lengthMax` counts the characters of all texts together. */
  constructor(make: (text: string) => V, lengthMax = LENGTH_MAX) {
    this.#make = make
    this.#lengthMax = lengthMax
  }

  get(text: string): V {
    const recent = this.#recent.get(text)
    if (recent !== undefined) return recent
    const value = this.#earlier.get(text) ?? this.#make(text)
    if (this.#length + text.length > this.#lengthMax / 2) {
      this.#earlier = this.#recent
      this.#recent = new Map()
      this.#length = 0
    }
    this.#recent.set(text, value)
    this.#length += text.length
    return value
  }
}

const LENGTH_MAX = 16 * 1024 * 1024
