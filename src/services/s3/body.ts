import { hash } from "node:crypto"
import { crc32 } from "node:zlib"
import type * as sdk from "@aws-sdk/client-s3"
import { s3Fault } from "./fault.ts"

type Sums = Pick<sdk.PutObjectRequest, "ContentMD5" | "ChecksumCRC32" | "ChecksumSHA1" | "ChecksumSHA256">

/** All that was sent, once it is known to be what its sender says it is. */
export async function whole(body: AsyncIterable<Uint8Array> | undefined, sums: Sums): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body ?? []) {
    length += part.length
    if (length > OBJECT_MIB_MAX * 2 ** 20) {
      throw s3Fault("EntityTooLarge", `An object of Homeport's own holds ${OBJECT_MIB_MAX} MiB at most.`)
    }
    parts.push(part)
  }
  const content = Buffer.concat(parts)
  checkSums(content, sums)
  return content
}

function checkSums(content: Buffer, { ContentMD5, ChecksumCRC32, ChecksumSHA1, ChecksumSHA256 }: Sums): void {
  if (ContentMD5 !== undefined && ContentMD5 !== hash("md5", content, "base64")) throw s3Fault("BadDigest")
  const crc = Buffer.alloc(4)
  crc.writeUInt32BE(crc32(content))
  const isWrong =
    (ChecksumCRC32 ?? crc.toString("base64")) !== crc.toString("base64") ||
    (ChecksumSHA1 !== undefined && ChecksumSHA1 !== hash("sha1", content, "base64")) ||
    (ChecksumSHA256 !== undefined && ChecksumSHA256 !== hash("sha256", content, "base64"))
  if (isWrong) throw s3Fault("BadDigest", "The checksum you specified did not match what we received.")
}

const OBJECT_MIB_MAX = 1
