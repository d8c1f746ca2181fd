/** Events as a web service logs them, of about 110 bytes each; of one kind on both sides. */
export function aMessage(number: number): string {
  const item = (number * 7919) % 10_007
  return `INFO request ${number} GET /api/v1/items/${item} 200 ${(number * 31) % 997}ms client=10.0.${number % 255}.${number % 13} agent=curl/8.${number % 9}`
}

/** In one append, as log drivers send them. */
export const EVENTS_PER_BATCH = 1_000

export interface LogLoad {
  readonly callers: number
  readonly seconds: number
}

export interface LogRates {
  readonly rate: number

  /** For each second that this process has spent on any core. */
  readonly ratePerCore: number
}
