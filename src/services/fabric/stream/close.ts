/** Codes with which the region ends a connection: none of them is a regular end, after which machines come back at once. */
export const CLOSE = {
  /** "Policy violation": the machine has nothing to look for here, or is not there. */
  gone: 1008,
  replaced: 1008,

  /** "Try again later". */
  failed: 1013,
} as const
