import { checkWhole, fault } from "./fault.ts"

interface Listed {
  readonly Limit?: number | undefined
  readonly Marker?: string | undefined
}

/** How all listings of this service are paged. */
export function pageRequest({ Limit, Marker }: Listed, max = 100) {
  const limit = Limit ?? Math.min(100, max)
  checkWhole(limit, "limit", 1, max)
  return {
    token: Marker,
    limit,
    invalidToken: () => fault("InvalidMarkerException", "The marker is not one that this listing has given out."),
  }
}
