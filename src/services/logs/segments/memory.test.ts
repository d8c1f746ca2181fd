import { memoryEventStore } from "./memory.ts"
import { eventStoreSuite } from "./suite.ts"

eventStoreSuite("events in memory", async () => ({
  store: memoryEventStore(),
  settle: async () => {},
  [Symbol.asyncDispose]: async () => {},
}))
