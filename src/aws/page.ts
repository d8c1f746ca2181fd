import { createHmac, timingSafeEqual } from "node:crypto"
import { compareStrings } from "../base/ordering.ts"
import type { Fault } from "./fault.ts"

/**
 * What a paging token is good for: one operation of one service for one account in one region, with the filters that the listing began
 * with. Under others it would show a listing with holes in it, so it is refused there.
 */
export interface PageBinding {
  readonly account: string
  readonly region: string
  readonly service: string
  readonly operation: string

  /** The values that choose what is listed; their order, and those that are undefined, make no difference. */
  readonly filters?: Readonly<Record<string, unknown>>
}

/** Makes tokens that a caller can only give back: the position is in the token, so nothing is kept, and restarts do not matter. */
export interface PageTokens {
  seal(binding: PageBinding, position: string): string

  /** The position; undefined for a token that was not made here, or not for this. */
  open(binding: PageBinding, token: string): string | undefined
}

const SEAL_BYTES = 16
const TOKEN_LENGTH_MAX = 8192

export function pageTokens(key: Uint8Array): PageTokens {
  function sealOf(binding: PageBinding, position: Uint8Array): Uint8Array {
    const hmac = createHmac("sha256", key)
    hmac.update(
      `page/1\n${canonical([binding.account, binding.region, binding.service, binding.operation, binding.filters ?? {}])}\n`,
    )
    return hmac.update(position).digest().subarray(0, SEAL_BYTES)
  }

  return {
    seal(binding, position) {
      const bytes = Buffer.from(position)
      return Buffer.concat([sealOf(binding, bytes), bytes]).toString("base64url")
    },

    open(binding, token) {
      if (token.length > TOKEN_LENGTH_MAX) return undefined
      const bytes = Buffer.from(token, "base64url")
      // Decoding passes over what is not base64; a token has one spelling only.
      if (bytes.length < SEAL_BYTES || bytes.toString("base64url") !== token) return undefined
      const position = bytes.subarray(SEAL_BYTES)
      return timingSafeEqual(bytes.subarray(0, SEAL_BYTES), sealOf(binding, position)) ? position.toString() : undefined
    },
  }
}

/** The same text for the same values, in whatever order they were given. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => compareStrings(a, b)))
      : part,
  )
}

export interface PageRequest<R> {
  /** As the caller sent it; without one, or with an empty one, the listing begins. */
  readonly token: string | undefined
  readonly limit: number
  readonly filters?: PageBinding["filters"]

  /** Up to `limit` of what is listed, from behind `after`, in an order that the positions agree with. */
  readonly list: (from: { readonly after: string | undefined; readonly limit: number }) => readonly R[]

  /** What `after` has to be for the listing to go on behind this. */
  readonly position: (listed: R) => string

  /** The service's word for a token that is not good. */
  readonly invalidToken: () => Fault
}

export interface Page<R> {
  readonly page: readonly R[]

  /** Undefined on the last page. */
  readonly nextToken: string | undefined
}

/** One page of any listing. */
export function pageOf<R>(
  caller: Omit<PageBinding, "filters"> & { readonly pages: PageTokens },
  { token, limit, filters = {}, list, position, invalidToken }: PageRequest<R>,
): Page<R> {
  const { account, region, service, operation, pages } = caller
  const binding: PageBinding = { account, region, service, operation, filters }
  const after = token ? pages.open(binding, token) : undefined
  if (token && after === undefined) throw invalidToken()

  // One more than fits shows whether there is anything behind this page.
  const listed = list({ after, limit: limit + 1 })
  if (listed.length <= limit) return { page: listed, nextToken: undefined }
  const page = listed.slice(0, limit)
  return { page, nextToken: pages.seal(binding, position(page.at(-1)!)) }
}
