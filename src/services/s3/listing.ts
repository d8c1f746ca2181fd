import type * as sdk from "@aws-sdk/client-s3"
import type { Keys } from "../../aws/keys.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { compareStrings } from "../../base/ordering.ts"
import { s3Fault, wrongToken } from "./fault.ts"
import { permittedBucket } from "./find.ts"
import { entityTag } from "./sealing.ts"
import { objects, type StoredObject } from "./tables.ts"

export const listingOperations = {
  ListObjectsV2(call, { StartAfter, ContinuationToken: token, ...input }) {
    const { name } = permittedBucket(call, input, conditionsOf(input))
    const limit = limitOf(input.MaxKeys)
    const { Prefix = "", Delimiter = "" } = input
    const { page: found, nextToken: behind } = pageOf(call, {
      token,
      // Who wants none is told none, and that there are no more of them.
      limit: Math.max(limit, 1),
      filters: { name, Prefix, Delimiter },
      list: ({ after = StartAfter, limit: count }) => entries(call, name, { ...input, after }).slice(0, count),
      position: ({ name: at }) => at,
      invalidToken: wrongToken,
    })
    const [page, nextToken] = limit === 0 ? [[], undefined] : [found, behind]
    return {
      Name: name,
      Prefix,
      ...(Delimiter !== "" && { Delimiter }),
      ...(StartAfter !== undefined && { StartAfter }),
      ...(token !== undefined && { ContinuationToken: token }),
      ...(nextToken !== undefined && { NextContinuationToken: nextToken }),
      MaxKeys: limit,
      KeyCount: page.length,
      IsTruncated: nextToken !== undefined,
      ...described(call.keys, page, input.EncodingType),
    }
  },

  ListObjects(call, { Marker = "", ...input }) {
    const { name } = permittedBucket(call, input, conditionsOf(input))
    const limit = limitOf(input.MaxKeys)
    const { Prefix = "", Delimiter = "" } = input
    const all = entries(call, name, { ...input, after: Marker })
    const page = all.slice(0, limit)
    const isTruncated = all.length > page.length
    return {
      Name: name,
      Prefix,
      Marker,
      ...(Delimiter !== "" && { Delimiter }),
      ...(isTruncated && { NextMarker: page.at(-1)?.name ?? Marker }),
      MaxKeys: limit,
      IsTruncated: isTruncated,
      ...described(call.keys, page, input.EncodingType),
    }
  },
} satisfies Operations<typeof sdk>

/** Policies give people their folder of a bucket by these. */
function conditionsOf({
  Prefix = "",
  Delimiter,
  MaxKeys,
}: Pick<sdk.ListObjectsRequest, "Prefix" | "Delimiter" | "MaxKeys">) {
  return { "s3:prefix": Prefix, "s3:delimiter": Delimiter, "s3:max-keys": MaxKeys }
}

/** An object, or all whose names go on the same way up to the delimiter. */
interface Entry {
  readonly name: string
  readonly object: StoredObject | undefined
}

interface Question {
  readonly Prefix?: string | undefined
  readonly Delimiter?: string | undefined
  readonly after: string | undefined
}

/** In order; a bucket is small enough to be looked through. */
function entries(call: Call, bucket: string, { Prefix = "", Delimiter = "", after = "" }: Question): Entry[] {
  const found = new Map<string, Entry>()
  for (const object of call.tx.anywhere.installation.where(objects, "bucket", bucket)) {
    const { key } = object
    if (!key.startsWith(Prefix)) continue
    const end = Delimiter === "" ? -1 : key.indexOf(Delimiter, Prefix.length)
    const name = end === -1 ? key : key.slice(0, end + Delimiter.length)
    if (name > after) found.set(name, { name, object: end === -1 ? object : undefined })
  }
  return [...found.values()].sort((a, b) => compareStrings(a.name, b.name))
}

function described(keys: Keys, page: readonly Entry[], encoding: string | undefined) {
  const written = (text: string) => (encoding === "url" ? encodeURIComponent(text).replaceAll("%2F", "/") : text)
  return {
    ...(encoding !== undefined && { EncodingType: encoding as sdk.EncodingType }),
    Contents: page.flatMap(({ object }) =>
      object === undefined
        ? []
        : [
            {
              Key: written(object.key),
              Size: object.size,
              ETag: entityTag(keys, object),
              LastModified: new Date(object.modifiedAt),
              StorageClass: "STANDARD" as const,
            },
          ],
    ),
    CommonPrefixes: page.flatMap(({ name, object }) => (object === undefined ? [{ Prefix: written(name) }] : [])),
  }
}

function limitOf(maxKeys = LISTED_MAX): number {
  if (!(maxKeys >= 0)) throw s3Fault("InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647")
  return Math.min(maxKeys, LISTED_MAX)
}

const LISTED_MAX = 1000
