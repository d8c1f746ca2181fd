import { Fault } from "../../../aws/fault.ts"
import { addressed } from "../address.ts"
import { claimLayer, putLayer } from "../layer/put.ts"
import { checkedRepositoryName, permittedRepository } from "../names.ts"
import { accountSettings } from "../tables.ts"
import { act, actAs, type Visit } from "./visit.ts"

/**
 * Makes a layer of another repository one of this one's, if whoever asks may read it there. Otherwise the layer
 * is sent as if nobody had it.
 */
export async function mountedLayer(visit: Visit, digest: string, from: string | null): Promise<boolean> {
  const source = from === null ? undefined : addressed(visit.request.headers.host, from)
  // Until it is this repository's as well nobody but the other one wants it.
  using _ = visit.registry.blobs.hold(digest)
  const bytes = source && (await readable(visit, digest, source))
  if (bytes === undefined || !(await visit.registry.blobs.has(digest))) return false
  await act(visit, "CompleteLayerUpload", (found, { now }) => putLayer(found, digest, bytes, now))
  return true
}

async function readable(visit: Visit, digest: string, { home, name }: ReturnType<typeof addressed>) {
  const { asker, request, registry } = visit
  const from = home ?? { account: asker.principal.account, region: asker.region }
  // Blobs of other regions would be on other disks.
  if (from.region !== visit.home.region) return undefined
  try {
    return await actAs({ registry, request, asker, home: from }, "GetDownloadUrlForLayer", (call) => {
      const found = permittedRepository(call, from, checkedRepositoryName(name, "from"))
      if (found.tx.get(accountSettings, "BLOB_MOUNTING")?.value === "DISABLED") return undefined
      return claimLayer(found, digest, call.now)?.bytes
    })
  } catch (error) {
    if (error instanceof Fault) return undefined
    throw error
  }
}
