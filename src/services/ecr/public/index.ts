import type * as sdk from "@aws-sdk/client-ecr-public"
import type { Operations } from "../../../aws/operations.ts"
import { type Service, service } from "../../../aws/service.ts"
import type { BlobStore } from "../blobs/blob-store.ts"
import { RecentBlobs } from "../blobs/recent.ts"
import { unfit } from "../fault.ts"
import { imageOperations } from "../image/image.ts"
import { layerOperations } from "../layer/layer.ts"
import { repositoryPolicyOperations } from "../repository/policy.ts"
import { tagOperations } from "../repository/tag.ts"
import { publicRegistryOperations } from "./registry.ts"
import { publicRepositoryOperations } from "./repository.ts"

/** Amazon ECR Public: the same images and layers, which everyone may read. */
export function ecrPublic(blobs: BlobStore): Service {
  const { BatchDeleteImage, PutImage } = imageOperations(blobs, RecentBlobs.of(blobs))
  const { GetDownloadUrlForLayer: _, ...layers } = layerOperations(blobs)
  const shared = { BatchDeleteImage, PutImage, ...layers, ...repositoryPolicyOperations, ...tagOperations }
  return service({
    name: "ecr-public",
    targetPrefix: "SpencerFrontendService",
    protocols: ["awsJson1_1"],
    sdk: () => import("@aws-sdk/client-ecr-public"),
    operations: {
      ...(shared as Operations<typeof sdk>),
      ...publicRepositoryOperations,
      ...publicRegistryOperations,
    },
    // A part of a layer has ten mebibytes, and a third more as base64.
    bodyBytesMax: 16 * 2 ** 20,
    missing: ([path]) => unfit(path!, "Member must not be null"),
  })
}
