export const KEYS = 10_000
export const VALUE_BYTES = 300
export function keyOf(n: number) { return `task/${String(n).padStart(7,"0")}` }
