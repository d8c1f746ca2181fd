import { readFileSync, statSync } from "node:fs"
import type { AccessKey } from "../../node/agent/link/signature.ts"
import { EXIT, Refusal } from "../exit.ts"

/** Where this machine fetches the files that task definitions name, in place of the region's own buckets. */
export interface ObjectStore {
  readonly endpoint: string
  readonly key: AccessKey
}

export interface AskedObjectStore {
  readonly endpoint?: string | undefined

  /** Where the key to it stands, as the AWS CLI writes it. */
  readonly credentialsFile?: string | undefined
}

/** Undefined where none is asked for. Such a store knows no roles, so it is asked with a key of the machine's own. */
export function objectStore({ endpoint, credentialsFile }: AskedObjectStore): ObjectStore | undefined {
  if (endpoint === undefined && credentialsFile === undefined) return undefined
  const url = URL.parse(endpoint ?? "")
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new Refusal(
      `--s3-endpoint takes a URL such as https://minio.example:9000, not "${endpoint ?? ""}".`,
      EXIT.usage,
    )
  }
  if (credentialsFile === undefined) {
    throw new Refusal(
      "--s3-endpoint needs a key to that store: name the file that holds it with --s3-credentials.",
      EXIT.usage,
    )
  }
  return { endpoint: url.origin, key: readKey(credentialsFile) }
}

/** A key as the AWS CLI's credentials file has it, from a file that only its owner reads. */
export function readKey(file: string): AccessKey {
  let text: string
  try {
    if ((statSync(file).mode & OTHERS) !== 0) {
      throw new Refusal(`The key in ${file} can be read by others. If nobody has read it, run "chmod 600 ${file}".`)
    }
    text = readFileSync(file, "utf8")
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(
      `The key to the S3 endpoint cannot be read from ${file} (${(error as NodeJS.ErrnoException).code}).`,
    )
  }
  const said = (name: string) => new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)\\s*$`, "m").exec(text)?.[1]
  const [accessKeyId, secretAccessKey] = [said("aws_access_key_id"), said("aws_secret_access_key")]
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Refusal(
      `${file} has to name aws_access_key_id and aws_secret_access_key, as the AWS CLI's credentials file does.`,
    )
  }
  return { accessKeyId, secretAccessKey }
}

const OTHERS = 0o077
