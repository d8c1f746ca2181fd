import { type Service, service } from "../../aws/service.ts"
import { authorizationTokenOperations } from "./authorization-token.ts"
import type { BlobStore } from "./blobs/blob-store.ts"
import { RecentBlobs } from "./blobs/recent.ts"
import { unfit } from "./fault.ts"
import { imageOperations } from "./image/image.ts"
import { imageListingOperations } from "./image/listing.ts"
import { layerOperations } from "./layer/layer.ts"
import { lifecycles } from "./lifecycle/controller.ts"
import { lifecyclePolicyOperations } from "./lifecycle/lifecycle-policy.ts"
import { replication } from "./replication/controller.ts"
import { replicationOperations } from "./replication/replication.ts"
import { repositoryPolicyOperations } from "./repository/policy.ts"
import { repositoryOperations } from "./repository/repository.ts"
import { tagOperations } from "./repository/tag.ts"
import { accountSettingOperations } from "./settings/account-setting.ts"
import { creationTemplateOperations } from "./settings/creation-template.ts"
import { registryPolicyOperations } from "./settings/registry-policy.ts"
import { scanningOperations } from "./settings/scanning.ts"
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
export { ecrPublic } from "./public/index.ts"
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
export function ecr(blobs: BlobStore): Service {
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
      ...imageListingOperations,
      ...imageOperations(blobs, new RecentBlobs(blobs)),
      ...layerOperations(blobs),
      ...lifecyclePolicyOperations,
      ...registryPolicyOperations,
      ...replicationOperations,
      ...scanningOperations,
      ...accountSettingOperations,
      ...creationTemplateOperations,
    },
    tables: ecrTables,
    controllers: [lifecycles, replication],
    // A part of a layer has ten mebibytes, and a third more as base64.
    bodyBytesMax: 16 * 2 ** 20,
    missing: ([path]) => unfit(path!, "Member must not be null"),
  })
}
