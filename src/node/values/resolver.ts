import type { World } from "../../world/world.ts"
import type { TaskRecord } from "../agent/records.ts"
import type { Resolver, Variables } from "../agent/task/surroundings.ts"
import type { Region } from "../region.ts"
import { Asking } from "./asking.ts"
import { EcrLogins } from "./ecr-logins.ts"
import { readEnvironmentFile } from "./environment-file.ts"
import type { Objects } from "./objects.ts"
import { registryLogin } from "./registry-login.ts"
import { secretValues } from "./secrets.ts"

/** Fetches what task definitions name and other services keep, with the execution role of the task that wants it. */
export function resolverOver(world: World, region: Region, objects: Objects): Resolver {
  const asking = new Asking(world, region)
  const { endpoint, ca } = region
  const ecrLogins = new EcrLogins(world, asking, { endpoint, ...(ca !== undefined && { ca }) })
  return {
    async secrets(task, container, credentials) {
      const { secrets = [] } = definitionOf(task, container)
      const own = secrets.filter(({ target }) => target === "CONTAINER")
      return secretValues(asking, own, credentials).catch(retrievalFailed)
    },

    async logSecrets(task, container, credentials) {
      const { secrets = [] } = definitionOf(task, container)
      const own = secrets.filter(({ target }) => target === "LOG_DRIVER")
      return secretValues(asking, own, credentials).catch(retrievalFailed)
    },

    async environmentFiles(task, container, credentials) {
      const { environmentFiles = [] } = definitionOf(task, container)
      const files = await Promise.all(
        environmentFiles.map(async ({ value }): Promise<Variables> => {
          const { bucket, key } = objectPlace(value)
          const options = { msMax: FILE_MS_MAX, ...(credentials !== undefined && { credentials }) }
          const failed = (retries: number) => `${value} could not be downloaded after ${retries} retries`
          const bytes = await asking.patiently(() => objects.get(bucket, key, options), failed)
          return readNamed(value, bytes)
        }),
      )
      return Object.assign({}, ...files)
    },

    login: (authentication, credentials) => registryLogin(asking, ecrLogins, authentication, credentials),
  }
}

function definitionOf({ payload }: TaskRecord, container: string) {
  return payload.containers.find(({ name }) => name === container)!
}

function retrievalFailed(error: Error): never {
  throw new Error(`execution resource retrieval failed: ${error.message}`, { cause: error })
}

function readNamed(value: string, bytes: Uint8Array): Variables {
  try {
    return readEnvironmentFile(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch (error) {
    throw new Error(`${value} is no environment file: ${(error as Error).message}`)
  }
}

/** `arn:aws:s3:::bucket/folder/file.env`. */
function objectPlace(arn: string): { readonly bucket: string; readonly key: string } {
  const [, bucket, key] = /^arn:[^:]+:s3:::([^/]+)\/(.+)$/.exec(arn) ?? []
  if (bucket === undefined || key === undefined) throw new Error(`${arn} names no object of a bucket`)
  return { bucket, key }
}

const FILE_MS_MAX = 30_000
