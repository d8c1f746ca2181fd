import { s3Fault } from "./fault.ts"

/** Of an object, both ends included. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** What `bytes=0-99`, `bytes=100-` or `bytes=-50` mean for so many bytes; undefined for what is none of these, which S3 overlooks. */
export function rangeIn(text: string, size: number): Range | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(text) ?? []
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first)
  const to = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1)
  if (from > to) throw s3Fault("InvalidRange")
  return { from, to }
}
