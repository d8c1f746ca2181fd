import type * as sdk from "@aws-sdk/client-ecr"
import { fault } from "../fault.ts"
import { checkOneOf } from "../repository/settings.ts"

interface KnownRegistry {
  readonly name: sdk.UpstreamRegistry
  readonly host: RegExp

  /** Whether it lets in only those whom it knows. */
  readonly wantsCredential: boolean
}

/**
 * Where a pull may go through to. Anyone who may make a rule chooses the host that this process then speaks to, so it is one of these or
 * one that the operator has named, and never what happens to answer in the network around.
 */
const KNOWN: readonly KnownRegistry[] = [
  { name: "ecr-public", host: /^public\.ecr\.aws$/, wantsCredential: false },
  { name: "k8s", host: /^registry\.k8s\.io$/, wantsCredential: false },
  { name: "quay", host: /^quay\.io$/, wantsCredential: false },
  { name: "docker-hub", host: /^registry-1\.docker\.io$/, wantsCredential: true },
  { name: "github-container-registry", host: /^ghcr\.io$/, wantsCredential: true },
  { name: "gitlab-container-registry", host: /^registry\.gitlab\.com$/, wantsCredential: true },
  { name: "chainguard", host: /^cgr\.dev$/, wantsCredential: true },
  { name: "azure-container-registry", host: /^[a-z0-9]{5,50}\.azurecr\.io$/, wantsCredential: true },
]

/** The registry of a URL as AWS calls it; undefined for one that the operator has named. Throws for any other. */
export function allowedRegistry(
  url: string,
  named: string | undefined,
  { hosts, hasCredential }: { readonly hosts: readonly string[]; readonly hasCredential: boolean },
): sdk.UpstreamRegistry | undefined {
  if (named !== undefined) checkOneOf(named, [...KNOWN.map(({ name }) => name), "ecr"], "upstreamRegistry")
  if (hosts.includes(url) && named === undefined) return undefined
  if (named === "ecr" || PRIVATE_ECR.test(url)) {
    throw unsupported(
      "Homeport does not pull through to private registries of Amazon ECR. Replicate between registries of this installation instead.",
    )
  }
  const known = KNOWN.find(({ host }) => host.test(url))
  if (known === undefined) {
    throw unsupported(
      "The specified upstream registry URL is not supported. An operator allows further registries with --upstream-registry.",
    )
  }
  if (named !== undefined && named !== known.name) {
    throw unsupported(`The specified upstream registry URL does not belong to the upstream registry '${named}'`)
  }
  if (known.wantsCredential && !hasCredential) {
    throw unsupported("The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN")
  }
  return known.name
}

/** Whether the operator still allows what a rule was made for. */
export function isAllowed(url: string, hosts: readonly string[]): boolean {
  return hosts.includes(url) || KNOWN.some(({ host }) => host.test(url))
}

function unsupported(message: string) {
  return fault("UnsupportedUpstreamRegistryException", message)
}

const PRIVATE_ECR = /^\d{12}\.dkr[.-]ecr(?:-fips)?\./
