import { type Service, service } from "../../aws/service.ts"
import { authorizationTokenOperations } from "./authorization-token.ts"
import type { BlobStore } from "./blobs/blob-store.ts"
import { unfit } from "./fault.ts"
import { repositoryPolicyOperations } from "./repository/policy.ts"
import { repositoryOperations } from "./repository/repository.ts"
import { tagOperations } from "./repository/tag.ts"
import {
  accountSettings,
  creationTemplates,
  images,
  imageTags,
  layers,
  lifecyclePreviews,
  registrySettings,
  repositories,
} from "./tables.ts"

export type { BlobStore } from "./blobs/blob-store.ts"
export { memoryBlobStore } from "./blobs/memory.ts"
export { keepBlobs } from "./keeper.ts"
export { answerRegistryRequest, isRegistryRequest } from "./registry/answer.ts"
export { type Registry, registryOver } from "./registry/registry.ts"

export const ecrTables = [
  repositories,
  images,
  imageTags,
  layers,
  registrySettings,
  accountSettings,
  creationTemplates,
  lifecyclePreviews,
]

/** The service over a store of blobs, which whoever puts the region together makes and opens. */
export function ecr(_blobs: BlobStore): Service {
  return service({
    name: "ecr",
    targetPrefix: "AmazonEC2ContainerRegistry_V20150921",
    protocols: ["awsJson1_1"],
    sdk: () => import("@aws-sdk/client-ecr"),
    operations: {
      ...authorizationTokenOperations,
      ...repositoryOperations,
      ...repositoryPolicyOperations,
      ...tagOperations,
    },
    tables: ecrTables,
    // A part of a layer has ten mebibytes, and a third more as base64.
    bodyBytesMax: 16 * 2 ** 20,
    missing: ([path]) => unfit(path!, "Member must not be null"),
  })
}
