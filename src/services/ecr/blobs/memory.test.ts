import { memoryBlobStore } from "./memory.ts"
import { blobStoreSuite } from "./suite.ts"

blobStoreSuite("blobs in memory", async () => {
  const store = memoryBlobStore()
  return { store, restart: async () => store, async [Symbol.asyncDispose]() {} }
})
