import type * as sdk from "@aws-sdk/client-ecr-public"
import { globalArnOf } from "../../../aws/arn.ts"
import type { Operations } from "../../../aws/operations.ts"
import { pageOf } from "../../../aws/page.ts"
import { repositoryUri } from "../address.ts"
import { makeToken } from "../authorization-token.ts"
import { findImage } from "../image/find.ts"
import { imageListingOperations } from "../image/listing.ts"
import { authorizedRepository, checkCount, homeOf, recordsOf } from "../names.ts"
import { invalidToken } from "../repository/repository.ts"
import { settingsOf } from "../settings/settings.ts"
import { imageTags, registrySettings, tagKey } from "../tables.ts"

export const publicRegistryOperations = {
  GetAuthorizationToken(call) {
    call.authorize("*")
    const { token, expiresAt } = makeToken(call)
    const authorizationToken = Buffer.from(`AWS:${token}`).toString("base64")
    return { authorizationData: { authorizationToken, expiresAt: new Date(expiresAt) } }
  },

  /** An account has one, under its own number; nobody is asked to confirm another name. */
  DescribeRegistries(call) {
    call.authorize("*")
    const home = homeOf(call, undefined)
    return {
      registries: [
        {
          registryId: call.account,
          registryArn: globalArnOf("ecr-public", call, `registry/${call.account}`),
          registryUri: repositoryUri(call.origin, home, "").slice(0, -1),
          verified: false,
          aliases: [
            { name: call.account, status: "ACTIVE" as const, primaryRegistryAlias: true, defaultRegistryAlias: true },
          ],
        },
      ],
    }
  },

  GetRegistryCatalogData(call) {
    call.authorize("*")
    const { displayName } = settingsOf(recordsOf(call, homeOf(call, undefined)))
    return { registryCatalogData: displayName === undefined ? {} : { displayName } }
  },

  PutRegistryCatalogData(call, { displayName }) {
    call.authorize("*")
    const tx = recordsOf(call, homeOf(call, undefined))
    const { displayName: before, ...settings } = settingsOf(tx)
    const name = displayName ?? before
    tx.put(registrySettings, { ...settings, ...(name !== undefined && { displayName: name }) })
    return { registryCatalogData: name === undefined ? {} : { displayName: name } }
  },

  DescribeImages(call, input) {
    const { imageDetails = [], nextToken } = imageListingOperations.DescribeImages(call, input)
    return {
      imageDetails: imageDetails.map(({ imageStatus: _, lastRecordedPullTime: __, ...detail }) => detail),
      ...(nextToken !== undefined && { nextToken }),
    }
  },

  DescribeImageTags(call, input) {
    const found = authorizedRepository(call, input)
    const { nextToken, maxResults = 100 } = input
    checkCount(maxResults, "maxResults")
    const { id } = found.repository
    const listing = pageOf(call, {
      token: nextToken,
      limit: maxResults,
      filters: { repository: id },
      list: ({ after, limit }) =>
        found.tx.list(imageTags, { where: ["repository", id], after: after && tagKey(id, after), limit }),
      position: ({ tag }) => tag,
      invalidToken,
    })
    return {
      imageTagDetails: listing.page.map(({ tag }) => {
        const image = findImage(found, { imageTag: tag })!
        return {
          imageTag: tag,
          createdAt: new Date(image.pushedAt),
          imageDetail: {
            imageDigest: image.digest,
            imageSizeInBytes: image.bytes,
            imagePushedAt: new Date(image.pushedAt),
            imageManifestMediaType: image.mediaType,
            ...(image.artifactType !== undefined && { artifactMediaType: image.artifactType }),
          },
        }
      }),
      ...(listing.nextToken !== undefined && { nextToken: listing.nextToken }),
    }
  },
} satisfies Operations<typeof sdk>
