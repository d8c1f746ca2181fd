import type { LogDriver } from "./driver.ts"

/** What is written is read and forgotten, so that it takes no room. */
export const noneDriver: LogDriver = {
  prepare: async () => {},
  open: () => undefined,
}
