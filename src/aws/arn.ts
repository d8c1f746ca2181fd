/** Amazon's name for a resource: `arn:aws:ecs:eu-central-1:123456789012:cluster/shop`. */
export interface Arn {
  readonly partition: string
  readonly service: string

  /** Empty for what is the same in all regions, as in IAM. */
  readonly region: string

  /** Empty for what is the same for all accounts, as in S3. */
  readonly account: string

  /** All the rest, whatever the service puts there: `cluster/shop`, `role/path/name`, `log-group:/ecs/shop:*`. */
  readonly resource: string
}

/** Part of AWS that shares no accounts with the others; the region says which. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn"
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws"
}

/** The domain that a partition's host names end in. */
export function domainOf(partition: string): string {
  return partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"
}

export function arnOf(service: string, { account, region }: Pick<Arn, "account" | "region">, resource: string): string {
  return `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`
}

/** For what an account has once, in all regions: IAM and the like. The region says only which partition it is in. */
export function globalArnOf(
  service: string,
  { account, region }: Pick<Arn, "account" | "region">,
  resource: string,
): string {
  return `arn:${partitionOf(region)}:${service}::${account}:${resource}`
}

const ARN_LENGTH_MAX = 2048

/** Undefined for what is not an ARN, which a caller may well have sent. */
export function parseArn(text: string): Arn | undefined {
  if (!text.startsWith("arn:") || text.length > ARN_LENGTH_MAX) return undefined
  const partitionEnd = text.indexOf(":", 4)
  const serviceEnd = text.indexOf(":", partitionEnd + 1)
  const regionEnd = text.indexOf(":", serviceEnd + 1)
  const accountEnd = text.indexOf(":", regionEnd + 1)
  if (partitionEnd === -1 || serviceEnd === -1 || regionEnd === -1 || accountEnd === -1) return undefined

  const arn: Arn = {
    partition: text.slice(4, partitionEnd),
    service: text.slice(partitionEnd + 1, serviceEnd),
    region: text.slice(serviceEnd + 1, regionEnd),
    account: text.slice(regionEnd + 1, accountEnd),
    resource: text.slice(accountEnd + 1),
  }
  return isArn(arn) ? arn : undefined
}

/** The first word of a resource, as in `cluster`, and all that follows it, as in `shop`. */
export function resourceOf({ resource }: Pick<Arn, "resource">): { readonly type: string; readonly id: string } {
  const end = firstOf(resource, "/", ":")
  return end === -1 ? { type: "", id: resource } : { type: resource.slice(0, end), id: resource.slice(end + 1) }
}

function firstOf(text: string, a: string, b: string): number {
  const atA = text.indexOf(a)
  const atB = text.indexOf(b)
  if (atA === -1 || atB === -1) return Math.max(atA, atB)
  return Math.min(atA, atB)
}

const PARTITION = /^aws(-[a-z]+)*$/
const SERVICE = /^[a-z0-9-]+$/
const REGION = /^([a-z]{2,}(-[a-z]+)+-\d{1,2})?$/

/** Resources that belong to AWS itself, managed policies say, have `aws` in the place of an account. */
const ACCOUNT = /^(\d{12}|aws)?$/

/** Names may have blanks in them, alarms' do, but nothing that cannot be seen. */
const RESOURCE = /^[ -~\u00a0-\uffff]+$/

function isArn({ partition, service, region, account, resource }: Arn): boolean {
  return (
    PARTITION.test(partition) &&
    SERVICE.test(service) &&
    REGION.test(region) &&
    ACCOUNT.test(account) &&
    RESOURCE.test(resource)
  )
}
