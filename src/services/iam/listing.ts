import type { Call } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { invalid } from "./fault.ts"
import { checkRange } from "./names.ts"

const COUNT_BY_DEFAULT = 100
const COUNT_MAX = 1000

export interface PageInput {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

interface Listed<R> {
  readonly page: readonly R[]

  /** What the answer says of the rest. */
  readonly rest: { readonly IsTruncated: boolean; readonly Marker?: string }
}

/** One page of what has been found, which is in the order of its positions. */
export function listed<R>(
  call: Call,
  { Marker, MaxItems = COUNT_BY_DEFAULT }: PageInput,
  found: readonly R[],
  position: (listed: R) => string,
  filters: Readonly<Record<string, unknown>> = {},
): Listed<R> {
  checkRange(MaxItems, "maxItems", 1, COUNT_MAX)
  const { page, nextToken } = pageOf(call, {
    token: Marker,
    limit: MaxItems,
    filters,
    list: ({ after, limit }) => behind(found, position, after).slice(0, limit),
    position,
    invalidToken: () => invalid("Invalid Marker."),
  })
  return { page, rest: nextToken === undefined ? { IsTruncated: false } : { IsTruncated: true, Marker: nextToken } }
}

function behind<R>(found: readonly R[], position: (listed: R) => string, after: string | undefined): readonly R[] {
  return after === undefined ? found : found.filter((each) => position(each) > after)
}
