import { ECR, type ECRClientConfig } from "@aws-sdk/client-ecr"
import type { HttpResponse } from "../../aws/http.ts"
import { sdkHandler, untilAnswered } from "../../aws/testing.ts"
import { catalogOver } from "../catalog.ts"
import { memoryEventStore } from "../logs/segments/memory.ts"
import { startWorld, type TestWorld, type TestWorldOptions } from "../testing.ts"
import type { BlobStore } from "./blobs/blob-store.ts"
import { digestOf } from "./blobs/digest.ts"
import { memoryBlobStore } from "./blobs/memory.ts"
import type { Upstream } from "./pull-through/upstream.ts"
import { answerRegistryRequest } from "./registry/answer.ts"
import { registryOver } from "./registry/registry.ts"

export interface EcrWorld extends TestWorld {
  readonly ecr: ECR
  readonly blobs: BlobStore

  /** The caller of another account, of another region, or who may less. */
  ecrAs(options: Parameters<TestWorld["as"]>[0]): ECR

  /** The registry's protocol, asked by whoever has a client. */
  registry(by?: ECR, host?: string): RegistryClient

  /** Lets time pass for the region and for its caller's clock. */
  pass(ms: number): Promise<void>
}

export interface RegistryClient {
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>

  /** Pushes a blob in one request; resolves with its descriptor. */
  pushBlob(repository: string, bytes: Uint8Array): Promise<TestDescriptor>

  /** Pushes a small image of its own. */
  pushImage(repository: string, reference: string, content?: string): Promise<TestDescriptor>
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>

  /** Shows nothing to be known by. */
  readonly anonymous?: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
  readonly text: string

  /** As JSON. */
  json(): never

  /** Of the first error. */
  readonly code: string | undefined
}

export interface TestDescriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

export async function startEcr(
  options: TestWorldOptions = {},
  blobs: BlobStore = memoryBlobStore(),
  upstream?: Upstream,
): Promise<EcrWorld> {
  const services = catalogOver({ logEvents: memoryEventStore(), blobs, ...(upstream && { upstream }) })
  const region = await startWorld({ services, ...options })
  const registry = registryOver(region.doorOptions, blobs, upstream)
  const clients: ECR[] = []
  function client({ credentials }: Pick<TestWorld, "credentials">, at = "us-east-1"): ECR {
    const config: ECRClientConfig = {
      region: at,
      credentials,
      maxAttempts: 1,
      requestHandler: sdkHandler(region.door, region.world) as never,
      systemClockOffset: region.world.now() - Date.now(),
    }
    clients.push(new ECR(config))
    return clients.at(-1)!
  }
  const own = client(region)

  function registryClient(by: ECR, host = "homeport.test"): RegistryClient {
    async function ask(method: string, path: string, { headers = {}, body = "", anonymous }: AskOptions = {}) {
      const [at, query = ""] = path.split("?")
      const { authorizationData } = anonymous ? {} : await by.getAuthorizationToken({})
      const token = authorizationData?.[0]?.authorizationToken
      const request = {
        method,
        path: at!,
        query,
        headers: { host, ...(token !== undefined && { authorization: `Basic ${token}` }), ...headers },
        body: typeof body === "string" ? Buffer.from(body) : body,
        signal: new AbortController().signal,
      }
      const answering = answerRegistryRequest(registry, request).then(answerOf)
      return untilAnswered(answering, region.world)
    }
    const pushBlob = async (repository: string, bytes: Uint8Array): Promise<TestDescriptor> => {
      const digest = digestOf(bytes)
      const { status, text } = await ask("POST", `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: bytes })
      if (status !== 201) throw new Error(`${status} ${text}`)
      return { mediaType: LAYER, digest, size: bytes.length }
    }
    return {
      ask,
      pushBlob,
      async pushImage(repository, reference, content = reference) {
        const config = { ...(await pushBlob(repository, Buffer.from("{}"))), mediaType: CONFIG }
        const layers = [await pushBlob(repository, Buffer.from(content))]
        const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config, layers }))
        const digest = digestOf(body)
        const at = reference === "" ? digest : reference
        const headers = { "content-type": IMAGE }
        const { status, text } = await ask("PUT", `/v2/${repository}/manifests/${at}`, { headers, body })
        if (status !== 201) throw new Error(`${status} ${text}`)
        return { mediaType: IMAGE, digest, size: body.length }
      },
    }
  }

  return {
    ...region,
    ecr: own,
    blobs,
    ecrAs: (caller) => client(region.as(caller), caller.region),
    registry: (by = own, host) => registryClient(by, host),
    async pass(ms) {
      await region.world.advance(ms)
      for (const { config } of clients) config.systemClockOffset += ms
    },
  }
}

async function answerOf({ status, headers, body }: HttpResponse): Promise<Answer> {
  const parts: Uint8Array[] = []
  if (typeof body === "string") parts.push(Buffer.from(body))
  else if (body instanceof Uint8Array) parts.push(body)
  else for await (const part of body) parts.push(Buffer.from(part))
  const bytes = Buffer.concat(parts)
  const text = bytes.toString("utf8")
  const json = () => JSON.parse(text) as never
  const code = status >= 400 ? (json() as { errors: { code: string }[] }).errors[0]?.code : undefined
  return { status, headers, bytes, text, json, code }
}

export const IMAGE = "application/vnd.oci.image.manifest.v1+json"
export const INDEX = "application/vnd.oci.image.index.v1+json"
export const CONFIG = "application/vnd.oci.image.config.v1+json"
export const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
