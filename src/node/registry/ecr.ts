import type { Reference } from "./reference.ts"

/** How a region is reached, which is also how its registry is. */
export interface Way {
  /** As in `http://127.0.0.1:4566`. */
  readonly endpoint: string

  /** The authority that its certificate is checked by, instead of the system's. */
  readonly ca?: string
}

/**
 * Where a region has an image that is named as on AWS, `<account>.dkr.ecr.<region>.amazonaws.com/<repository>`: nothing in a task
 * definition changes, and nobody asks Amazon. Undefined for what is named by an address already.
 */
export function inRegion({ host, repository }: Pick<Reference, "host" | "repository">): string | undefined {
  const [, account, region] = AMAZON.exec(host) ?? []
  return account === undefined ? undefined : `${account}/${region}/${repository}`
}

const AMAZON = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/
