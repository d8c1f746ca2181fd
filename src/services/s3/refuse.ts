import { notHere } from "./fault.ts"

/** Refuses what a request asks of an object and is not done here: nobody should take it for done. */
export function refuseUnkept(input: object): void {
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue
    const what = UNKEPT.get(name)
    if (what !== undefined) throw notHere(`${what} (${name})`)
    const most = MOST.get(name)
    if (most !== undefined && !most.includes(String(value))) throw notHere(`${name} ${String(value).slice(0, 80)}`)
  }
}

const UNKEPT: ReadonlyMap<string, string> = new Map([
  ["Tagging", "tags of objects"],
  ["WebsiteRedirectLocation", "web sites"],
  ["SSECustomerAlgorithm", "keys of their callers"],
  ["SSECustomerKey", "keys of their callers"],
  ["CopySourceSSECustomerKey", "keys of their callers"],
  ["SSEKMSKeyId", "keys of KMS"],
  ["ObjectLockMode", "object lock"],
  ["ObjectLockRetainUntilDate", "object lock"],
  ["WriteOffsetBytes", "objects that grow"],
  ["PartNumber", "parts of objects"],
  ["MFA", "deletion with a second factor"],
  ...["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"].map((name) => [name, "ACLs"] as const),
  ...["IfMatchLastModifiedTime", "IfMatchSize", "ETag", "LastModifiedTime", "Size"].map(
    (name) => [name, "deletion under such conditions"] as const,
  ),
])

/** What says no more than what is so anyway. */
const MOST: ReadonlyMap<string, readonly string[]> = new Map([
  ["VersionId", ["null"]],
  ["ACL", ["private", "bucket-owner-full-control", "bucket-owner-read"]],
  ["StorageClass", ["STANDARD"]],
  ["ServerSideEncryption", ["AES256"]],
  ["ObjectLockLegalHoldStatus", ["OFF"]],
  ["TaggingDirective", ["COPY"]],
])
