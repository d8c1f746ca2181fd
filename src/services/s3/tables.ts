import { table } from "../../store/table.ts"

/** A bucket's name is one in the whole installation, as it is one in all of AWS. */
export interface Bucket {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly createdAt: number

  /** JSON, as its owner wrote it. */
  readonly policy: string | undefined

  /** How many objects it holds, and how much they are together. */
  readonly objects: number
  readonly bytes: number
}

export const buckets = table({
  name: "s3/buckets",
  version: 1,
  belongsTo: "installation",
  key: (bucket: Bucket) => bucket.name,
  indexes: { account: (bucket) => bucket.account },
})

/** A small file. What is in it may be secret, so here it is sealed under a key that follows from the master key. */
export interface StoredObject {
  readonly bucket: string
  readonly key: string

  /** In base64. */
  readonly sealed: string
  readonly size: number

  /** MD5 of the content, sealed as well: whoever guesses a short content could tell by it. */
  readonly digest: string
  readonly said: Said
  readonly modifiedAt: number
}

/** What whoever put an object said of it, to be told with it. */
export interface Said {
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly contentLanguage: string | undefined
  readonly contentDisposition: string | undefined
  readonly cacheControl: string | undefined
  readonly expires: number | undefined
  readonly metadata: Readonly<Record<string, string>>
}

export const objects = table({
  name: "s3/objects",
  version: 1,
  belongsTo: "installation",
  key: (object: StoredObject) => objectKey(object.bucket, object.key),
  indexes: { bucket: (object) => object.bucket },
})

/** No bucket's name has a slash in it. */
export function objectKey(bucket: string, key: string): string {
  return `${bucket}/${key}`
}
