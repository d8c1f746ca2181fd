/** Whether an image lies in a private registry of ECR, which is asked for a password before anything is pulled. */
export function isEcrImage(image: string): boolean {
  return ecrRegistryOf(image) !== undefined
}

/**
 * The registry of ECR that an image lies in, which its name says: `1234.dkr.ecr.eu-west-1.amazonaws.com/app` as on AWS, or what
 * Homeport shows as a repository's address, `127.0.0.1:4566/1234/eu-west-1/app`.
 */
export function ecrRegistryOf(image: string): EcrRegistry | undefined {
  const [, registryId, region] = AMAZON.exec(image) ?? ADDRESS.exec(image) ?? []
  return registryId === undefined ? undefined : { registryId, region: region! }
}

export interface EcrRegistry {
  readonly registryId: string
  readonly region: string
}

const AMAZON = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)\//
const ADDRESS = /^(?:localhost|[^/]*[.:][^/]*)\/(\d{12})\/([a-z]{2,}(?:-[a-z]+)+-\d{1,2})\/./
