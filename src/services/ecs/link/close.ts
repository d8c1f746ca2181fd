/**
 * Codes with which the region ends a connection. None is one of 1000, 1001 and 1011: agents take these for a regular end
 * and come back without a pause, for ever.
 */
export const CLOSE = {
  /** "Policy violation": the agent has nothing to look for here, or is not there. */
  gone: 1008,
  replaced: 1008,
  tooMuch: 1008,

  /** "Try again later". */
  failed: 1013,
} as const
