import { checkWhole, fault } from "./fault.ts"

interface Listed {
  readonly Limit?: number | undefined
  readonly Marker?: string | undefined
}

/** How all listings of this service are paged. */
export function pageRequest({ Limit = 100, Marker }: Listed, max = 100) {
  checkWhole(Limit, "limit", 1, max)
  return {
    token: Marker,
    limit: Limit,
    invalidToken: () => fault("InvalidMarkerException", "The marker is not one that this listing has given out."),
  }
}
