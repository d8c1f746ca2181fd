import type { S3Place } from "../services/ecr/blobs/s3-connection.ts"
import { EXIT, Refusal } from "./exit.ts"
import { readKey } from "./node/object-store.ts"

export interface AskedImagesStore {
  readonly endpoint?: string | undefined
  readonly bucket?: string | undefined

  /** Where the key to it stands, as the AWS CLI writes it. */
  readonly credentialsFile?: string | undefined

  /** That requests are signed for. */
  readonly region?: string | undefined
}

/** Where images are kept in place of the data directory; undefined where that is not asked for. */
export function imagesStore({ endpoint, bucket, credentialsFile, region }: AskedImagesStore): S3Place | undefined {
  if ([endpoint, bucket, credentialsFile, region].every((said) => said === undefined)) return undefined
  const url = URL.parse(endpoint ?? "")
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new Refusal(
      `--images-s3 takes a URL such as https://minio.example:9000, not "${endpoint ?? ""}".`,
      EXIT.usage,
    )
  }
  if (bucket === undefined || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new Refusal(
      `--images-s3 needs a bucket that is there already: name it with --images-s3-bucket, not "${bucket ?? ""}".`,
      EXIT.usage,
    )
  }
  if (credentialsFile === undefined) {
    throw new Refusal(
      "--images-s3 needs a key to that store: name the file that holds it with --images-s3-credentials.",
      EXIT.usage,
    )
  }
  return { endpoint: url.origin, bucket, region: region ?? "us-east-1", key: readKey(credentialsFile) }
}
