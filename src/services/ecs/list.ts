import type { Call } from "../../aws/operations.ts"
import { type Page, type PageRequest, pageOf } from "../../aws/page.ts"
import { invalid } from "./fault.ts"

interface ListInput {
  readonly nextToken?: string | undefined
  readonly maxResults?: number | undefined
}

export interface Listing<R> extends Pick<PageRequest<R>, "list" | "position"> {
  /** The page size when the caller names none. */
  readonly usual: number

  /** The largest page that a caller may name. */
  readonly most: number
}

/** One page as every List operation of ECS gives it. All that the caller sent beside the paging belongs to the token. */
export function listed<R>(call: Call, input: ListInput, { usual, most, list, position }: Listing<R>): Page<R> {
  const { nextToken, maxResults, ...filters } = input
  if (maxResults !== undefined && maxResults > most) throw invalid(`Max results can not be greater than ${most}`)
  if (maxResults !== undefined && !(maxResults >= 1)) throw invalid("Max results can not be less than 1")
  const limit = Math.floor(maxResults ?? usual)
  return pageOf(call, {
    token: nextToken,
    limit,
    filters,
    list,
    position,
    invalidToken: () => invalid("Invalid token"),
  })
}
