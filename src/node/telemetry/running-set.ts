/** What telemetry says of a row of samples, instead of the samples. */
export interface RunningSet {
  readonly min: number
  readonly max: number
  readonly sampleCount: number
  readonly sum: number
}

export function runningSet(values: readonly number[]): RunningSet {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let sum = 0
  for (const value of values) {
    min = Math.min(min, value)
    max = Math.max(max, value)
    sum += value
  }
  return { min, max, sampleCount: values.length, sum }
}
