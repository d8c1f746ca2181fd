/**
 * Values in order, cheap to change anywhere: a list of short sorted runs. A million values cost a binary search over
 * a few thousand runs and one splice in a run.
 */
export class SortedList<T> {
  readonly #compare: (a: T, b: T) => number
  readonly #runs: T[][] = []

  constructor(compare: (a: T, b: T) => number, values: Iterable<T> = []) {
    this.#compare = compare
    const sorted = [...values].sort(compare)
    for (let start = 0; start < sorted.length; start += RUN_LENGTH_MAX / 2) {
      this.#runs.push(sorted.slice(start, start + RUN_LENGTH_MAX / 2))
    }
  }

  add(value: T): void {
    const runs = this.#runs
    if (runs.length === 0) {
      runs.push([value])
      return
    }
    const at = Math.min(this.#runOf(value), runs.length - 1)
    const run = runs[at]!
    run.splice(this.#placeIn(run, value), 0, value)
    if (run.length > RUN_LENGTH_MAX) runs.splice(at + 1, 0, run.splice(RUN_LENGTH_MAX / 2))
  }

  remove(value: T): void {
    const at = this.#runOf(value)
    const run = this.#runs[at]
    if (run === undefined) return
    const place = this.#placeIn(run, value)
    if (place === run.length || this.#compare(run[place]!, value) !== 0) return
    run.splice(place, 1)
    if (run.length === 0) this.#runs.splice(at, 1)
  }

  /** The values from the first one for which `belongs` holds; it must hold for every later one as well. */
  *from(belongs: (value: T) => boolean = () => true): Generator<T> {
    const runs = this.#runs
    let at = firstWhere(runs.length, (index) => belongs(runs[index]!.at(-1)!))
    if (at === runs.length) return
    let place = firstWhere(runs[at]!.length, (index) => belongs(runs[at]![index]!))
    for (; at < runs.length; at++, place = 0) {
      const run = runs[at]!
      for (; place < run.length; place++) yield run[place]!
    }
  }

  /** The values backwards from the last one for which `belongs` holds; it must hold for every earlier one as well. */
  *backFrom(belongs: (value: T) => boolean = () => true): Generator<T> {
    const runs = this.#runs
    let at = firstWhere(runs.length, (index) => !belongs(runs[index]![0]!)) - 1
    if (at < 0) return
    let place = firstWhere(runs[at]!.length, (index) => !belongs(runs[at]![index]!)) - 1
    for (;;) {
      for (; place >= 0; place--) yield runs[at]![place]!
      if (--at < 0) return
      place = runs[at]!.length - 1
    }
  }

  /** The first run whose last value is not before `value`. */
  #runOf(value: T): number {
    const runs = this.#runs
    return firstWhere(runs.length, (index) => this.#compare(runs[index]!.at(-1)!, value) >= 0)
  }

  #placeIn(run: readonly T[], value: T): number {
    return firstWhere(run.length, (index) => this.#compare(run[index]!, value) >= 0)
  }
}

const RUN_LENGTH_MAX = 512

/** The smallest index below `length` for which `holds` is true, or `length`; once true it must stay true. */
function firstWhere(length: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
