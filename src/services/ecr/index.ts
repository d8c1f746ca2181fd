/**
 * Amazon Elastic Container Registry, private and public, with the registry itself.
 *
 * Covers: repositories with policies, tags, tag mutability with exclusions and lifecycle policies with their previews; listing,
 * describing, getting, putting and deleting images and layers; what refers to an image; authorization tokens; the registry's
 * policy, creation templates (for pushes, pulls and replication) and replication between regions and accounts of this
 * installation; rules for pull-through caches, with credentials of Secrets Manager, and what comes by them (pull-through/);
 * `ecr-public`. On the region's own port, below `/v2/`, the distribution protocol with all kinds of manifests of Docker and
 * OCI, chunked, resumed and mounted uploads, ranges, referrers and deletion. Each of its requests is authorised as the
 * operations that it stands for: a token says who asks, and no more.
 *
 * Keeps without effect: encryption (KMS, KMS_DSSE and their keys: on the disk all images lie alike), scanning
 * configurations and `scanOnPush`, BASIC_SCAN_TYPE_VERSION and REGISTRY_POLICY_SCOPE, the role of a creation template,
 * `force` of SetRepositoryPolicy, and what public repositories tell of themselves in the catalogue.
 *
 * Leaves out, and says so when asked: scans and their findings, signing, archived images and the rules of lifecycle policies
 * that are about them or about pulls, replication backfills, exclusions of pull times, pull-through caches of private
 * registries of ECR and their roles, and logos of public repositories.
 *
 * Unlike AWS on purpose: `repositoryUri` has the registry's account and region in the path (why, is said in address.ts);
 * names as AWS has them reach the registry as well, and nodes translate them. There an image is also pushed by an access key
 * and its secret as user name and password. BLOB_MOUNTING is ENABLED until it is disabled. Lifecycle policies are
 * carried out hourly, and spare what was pushed in the last ten minutes. What refers to an image goes with it at once. An
 * account's public registry goes by its number. A pull goes through to AWS's list of other registries and to those that the
 * operator names (--upstream-registry); it brings a layer when that is pulled, and until then BatchCheckLayerAvailability
 * calls it UNAVAILABLE. What was pulled through is not replicated, and BatchGetImage shows what is here and asks nobody.
 *
 * Layers and manifests are not in the store but in files under their digests (blobs/), on the disk of the process that leads. With
 * several replicas that has to be one disk for all of them. A push is refused that would leave less than 512 MiB on it, or than a
 * twentieth of a small one: others write there too. Or they are in a bucket of an S3-compatible store, and no disk is shared.
 */
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
import { pullThroughCacheRuleOperations } from "./pull-through/rule.ts"
import { freshTags, pullThroughCacheRules } from "./pull-through/tables.ts"
import type { Upstream } from "./pull-through/upstream.ts"
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
export {
  type Upstream,
  UpstreamFailed,
  type UpstreamManifest,
  type UpstreamPlace,
} from "./pull-through/upstream.ts"
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
  pullThroughCacheRules,
  freshTags,
]

/** The service over a store of blobs and other registries, which whoever puts the region together makes and opens. */
export function ecr(blobs: BlobStore, upstream?: Upstream): Service {
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
      ...imageOperations(blobs, RecentBlobs.of(blobs)),
      ...layerOperations(blobs),
      ...lifecyclePolicyOperations,
      ...registryPolicyOperations,
      ...replicationOperations,
      ...scanningOperations,
      ...accountSettingOperations,
      ...creationTemplateOperations,
      ...pullThroughCacheRuleOperations(upstream),
    },
    tables: ecrTables,
    controllers: [lifecycles, replication],
    // A part of a layer has ten mebibytes, and a third more as base64.
    bodyBytesMax: 16 * 2 ** 20,
    missing: ([path]) => unfit(path!, "Member must not be null"),
  })
}
