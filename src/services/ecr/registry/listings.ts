import type { HttpResponse } from "../../../aws/http.ts"
import { OCI_INDEX } from "../image/manifest.ts"
import { recordsOf, repositoryArn } from "../names.ts"
import { type Image, imageKey, images, imageTags, repositories, tagKey } from "../tables.ts"
import { RegistryRefusal } from "./refusal.ts"
import { act, actAs, type Visit } from "./visit.ts"

export async function listTags(visit: Visit): Promise<HttpResponse> {
  const { limit, last } = pageIn(visit.request.query)
  const tags = await act(visit, "ListImages", ({ tx, repository: { id } }) =>
    tx
      .list(imageTags, {
        where: ["repository", id],
        after: last === undefined ? undefined : tagKey(id, last),
        limit: limit + 1,
      })
      .map(({ tag }) => tag),
  )
  const { page, headers } = paged(tags, limit, `${visit.base}/tags/list`)
  return json({ name: visit.base.slice("/v2/".length), tags: page }, headers)
}

/** The repositories of whoever asks. */
export async function listCatalog(visit: Omit<Visit, "name" | "base">): Promise<HttpResponse> {
  const { limit, last } = pageIn(visit.request.query)
  const names = await actAs(visit, "DescribeRepositories", (call) => {
    call.authorize(repositoryArn(visit.home, "*"))
    const found = recordsOf(call, visit.home).list(repositories, { after: last, limit: limit + 1 })
    return found.map(({ name }) => name)
  })
  const { page, headers } = paged(names, limit, "/v2/_catalog")
  return json({ repositories: page }, headers)
}

/** What says something about an image, as its signatures do. */
export async function listReferrers(visit: Visit, digest: string): Promise<HttpResponse> {
  const parameters = new URLSearchParams(visit.request.query)
  const [artifactType, last] = [parameters.get("artifactType"), parameters.get("last")]
  const referrers = await act(visit, "BatchGetImage", ({ tx, repository }) =>
    tx.list(images, {
      where: ["subject", imageKey(repository.id, digest)],
      after: last === null ? undefined : imageKey(repository.id, last),
    }),
  )
  const fitting = referrers.filter((image) => artifactType === null || image.artifactType === artifactType)
  const page = fittingTogether(fitting.values().map(descriptorOf))
  const next = new URLSearchParams({ ...(artifactType !== null && { artifactType }), last: page.at(-1)?.digest ?? "" })
  return json(
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests: page },
    {
      "content-type": OCI_INDEX,
      ...(artifactType !== null && { "oci-filters-applied": "artifactType" }),
      ...(page.length < fitting.length && { link: `<${visit.base}/referrers/${digest}?${next}>; rel="next"` }),
    },
  )
}

/** As many as go into one answer, and one at least: what is said in annotations may be long. */
function fittingTogether<T extends object>(all: Iterable<T>): readonly T[] {
  const page: T[] = []
  let bytes = 0
  for (const one of all) {
    bytes += Buffer.byteLength(JSON.stringify(one))
    if (page.length > 0 && (bytes > ANSWER_BYTES_MAX || page.length === LIMIT_MAX)) break
    page.push(one)
  }
  return page
}

function descriptorOf({ mediaType, digest, manifestBytes, artifactType, annotations }: Image) {
  return {
    mediaType,
    digest,
    size: manifestBytes,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  }
}

function pageIn(query: string): { readonly limit: number; readonly last: string | undefined } {
  const parameters = new URLSearchParams(query)
  const sent = parameters.get("n")
  const limit = sent === null || sent === "" ? LIMIT_MAX : Number(sent)
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new RegistryRefusal(400, "PAGINATION_NUMBER_INVALID", `A page cannot have ${sent} entries.`)
  }
  return { limit: Math.min(limit, LIMIT_MAX), last: parameters.get("last") ?? undefined }
}

function paged(listed: readonly string[], limit: number, path: string) {
  const page = listed.slice(0, limit)
  const last = page.at(-1)
  if (listed.length <= limit || last === undefined) return { page, headers: {} }
  return { page, headers: { link: `<${path}?n=${limit}&last=${encodeURIComponent(last)}>; rel="next"` } }
}

function json(content: object, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status: 200, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(content) }
}

const LIMIT_MAX = 1_000

/** Clients read manifests up to this size, and this answer is one. */
const ANSWER_BYTES_MAX = 4 * 2 ** 20
