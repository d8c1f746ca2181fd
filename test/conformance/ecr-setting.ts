import { ECR } from "@aws-sdk/client-ecr"
import { ECRPUBLIC } from "@aws-sdk/client-ecr-public"
import { SecretsManager } from "@aws-sdk/client-secrets-manager"
import { sdkHandler } from "../../src/aws/testing.ts"
import { digestOf } from "../../src/services/ecr/blobs/digest.ts"
import type { TestWorld } from "../../src/services/testing.ts"
import type { Setting } from "./setting.ts"

const LAYER = Buffer.from("what the layer holds")
const OTHER = Buffer.from("what another holds")
const IMAGE = "application/vnd.oci.image.manifest.v1+json"
const PATTERN = {
  rulePriority: 1,
  selection: { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 1 },
}
const LIFECYCLE = JSON.stringify({ rules: [{ ...PATTERN, action: { type: "expire" } }] })
const STATEMENT = { Sid: "a", Effect: "Allow", Principal: "*", Action: "ecr:BatchGetImage" }
const POLICY = JSON.stringify({ Version: "2012-10-17", Statement: [STATEMENT] })

/** A repository with an image, what its registry may have, and another repository that nobody needs. */
export const ecrSetting: Setting = {
  client: "ecr",

  async prepare(region) {
    const ecr = new ECR(configOf(region))
    const known = { repositoryName: "known" }
    const { uploadId } = await filled(ecr)
    await ecr.createRepository({ repositoryName: "spare", tags: [{ Key: "team", Value: "a" }] })
    await ecr.setRepositoryPolicy({ ...known, policyText: POLICY })
    await ecr.putRegistryPolicy({ policyText: POLICY })
    await ecr.putLifecyclePolicy({ ...known, lifecyclePolicyText: LIFECYCLE })
    await ecr.startLifecyclePolicyPreview(known)
    await ecr.createPullThroughCacheRule({ ecrRepositoryPrefix: "known", upstreamRegistryUrl: "quay.io" })
    const { ARN: credentialArn } = await new SecretsManager(configOf(region)).createSecret(CREDENTIAL)
    await ecr.createRepositoryCreationTemplate({ prefix: "known", appliedFor: ["CREATE_ON_PUSH"] })
    const resourceArn = `arn:aws:ecr:us-east-1:${region.account}:repository/known`
    return {
      names: {
        ...NAMES,
        ecrRepositoryPrefix: "known",
        uploadId,
        registryId: region.account,
        registryIds: region.account,
        resourceArn,
      },
      inputs: {
        ...inputsOf(uploadId),
        BatchGetImage: { ...known, imageIds: [{ imageTag: "v1" }] },
        BatchGetRepositoryScanningConfiguration: { repositoryNames: ["known"] },
        CreatePullThroughCacheRule: { ecrRepositoryPrefix: "other", upstreamRegistryUrl: "public.ecr.aws" },
        UpdatePullThroughCacheRule: { ecrRepositoryPrefix: "known", credentialArn },
        CreateRepositoryCreationTemplate: { prefix: "other", appliedFor: ["REPLICATION"] },
        DescribeImageReplicationStatus: { ...known, imageId: { imageTag: "v1" } },
        GetAccountSetting: { name: "BLOB_MOUNTING" },
        PutAccountSetting: { name: "BLOB_MOUNTING", value: "DISABLED" },
        PutImageScanningConfiguration: { ...known, imageScanningConfiguration: { scanOnPush: true } },
        PutImageTagMutability: { ...known, imageTagMutability: "IMMUTABLE" },
        PutLifecyclePolicy: { ...known, lifecyclePolicyText: LIFECYCLE },
        PutRegistryPolicy: { policyText: POLICY },
        PutRegistryScanningConfiguration: { scanType: "BASIC" },
        PutReplicationConfiguration: {
          replicationConfiguration: {
            rules: [{ destinations: [{ region: "eu-west-1", registryId: region.account }] }],
          },
        },
        TagResource: { resourceArn, tags: [{ Key: "stage", Value: "test" }] },
        UntagResource: { resourceArn, tagKeys: ["team"] },
        UpdateRepositoryCreationTemplate: { prefix: "known", description: "other" },
      },
    }
  },

  refusals: { StartImageScan: "UnsupportedImageTypeException", DescribeImageScanFindings: "ScanNotFoundException" },
}

export const ecrPublicSetting: Setting = {
  client: "ecr-public",

  async prepare(region) {
    const ecr = new ECRPUBLIC(configOf(region))
    const { uploadId } = await filled(ecr as never)
    await ecr.createRepository({ repositoryName: "spare" })
    await ecr.setRepositoryPolicy({ repositoryName: "known", policyText: POLICY })
    const resourceArn = `arn:aws:ecr-public::${region.account}:repository/known`
    return {
      names: { ...NAMES, uploadId, registryId: region.account, resourceArn },
      inputs: {
        ...inputsOf(uploadId),
        PutRepositoryCatalogData: { repositoryName: "known", catalogData: { description: "a" } },
        TagResource: { resourceArn, tags: [{ Key: "stage", Value: "test" }] },
        UntagResource: { resourceArn, tagKeys: ["team"] },
      },
    }
  },

  refusals: {},
}

function configOf({ credentials, door, world }: TestWorld) {
  return {
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
    requestHandler: sdkHandler(door, world) as never,
    systemClockOffset: world.now() - Date.now(),
  }
}

/** A repository with one image in it, and a layer that is on its way. */
async function filled(ecr: ECR): Promise<{ readonly uploadId: string }> {
  const known = { repositoryName: "known" }
  await ecr.createRepository({ ...known, tags: [{ Key: "team", Value: "a" }] })
  const uploaded = async (layerPartBlob: Uint8Array) => {
    const { uploadId } = await ecr.initiateLayerUpload(known)
    const part = { partFirstByte: 0, partLastByte: layerPartBlob.length - 1, layerPartBlob }
    await ecr.uploadLayerPart({ ...known, uploadId, ...part })
    return uploadId!
  }
  await ecr.completeLayerUpload({ ...known, uploadId: await uploaded(LAYER), layerDigests: [digestOf(LAYER)] })
  await ecr.putImage({ ...known, imageManifest: manifest(), imageManifestMediaType: IMAGE, imageTag: "v1" })
  return { uploadId: await uploaded(OTHER) }
}

function manifest(more: object = {}): string {
  const descriptor = { mediaType: "application/octet-stream", digest: digestOf(LAYER), size: LAYER.length }
  return JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config: descriptor, layers: [], ...more })
}

const CREDENTIAL = {
  Name: "ecr-pullthroughcache/known",
  SecretString: JSON.stringify({ username: "ann", accessToken: "secret" }),
}

const NAMES = { repositoryName: "known", repositoryNames: "known", prefix: "known", imageTag: "v1", policyText: POLICY }

function inputsOf(uploadId: string): Readonly<Record<string, object>> {
  const known = { repositoryName: "known" }
  const part = { partFirstByte: OTHER.length, partLastByte: OTHER.length, layerPartBlob: new Uint8Array(1) }
  return {
    BatchCheckLayerAvailability: { ...known, layerDigests: [digestOf(LAYER)] },
    BatchDeleteImage: { ...known, imageIds: [{ imageTag: "v1" }] },
    CompleteLayerUpload: { ...known, uploadId, layerDigests: [digestOf(OTHER)] },
    CreateRepository: { repositoryName: "new" },
    DeleteRepository: { repositoryName: "spare" },
    DescribeRepositories: {},
    GetDownloadUrlForLayer: { ...known, layerDigest: digestOf(LAYER) },
    PutImage: { ...known, imageManifest: manifest({ annotations: { a: "b" } }), imageTag: "v2" },
    SetRepositoryPolicy: { ...known, policyText: POLICY },
    UploadLayerPart: { ...known, uploadId, ...part },
  }
}
