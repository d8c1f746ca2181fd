import { arnOf, parseArn } from "../../aws/arn.ts"
import { CommonFault } from "../../aws/common-fault.ts"
import type { Call } from "../../aws/operations.ts"
import { fault, invalid, unfit } from "./fault.ts"

type Home = Pick<Call, "account" | "region">

/** The slash that a path begins with is not there twice in its ARN. */
export function parameterArn(home: Home, name: string): string {
  return arnOf("ssm", home, `parameter/${name.startsWith("/") ? name.slice(1) : name}`)
}

/** A parameter as a caller names it, before anyone looks whether it is there. */
export interface NamedParameter {
  readonly arn: string

  /** Most likely first: in an ARN, a path of one part looks like a name that is no path. Empty for what is another's. */
  readonly names: readonly string[]

  /** A version's number or label. */
  readonly selector: string | undefined
}

/** By name or ARN, with a version or a label behind a colon. */
export function namedParameter(call: Home, sent: string): NamedParameter {
  if (sent.length < 1) throw unfit("", "name", "Member must have length greater than or equal to 1")
  if (sent.length > 2048)
    throw unfit(`${sent.slice(0, 40)}…`, "name", "Member must have length less than or equal to 2048")
  const arn = sent.startsWith("arn:") ? parseArn(sent) : undefined
  if (arn?.service !== "ssm" || !arn.resource.startsWith("parameter/")) {
    const { name, selector } = selected(sent)
    return { arn: parameterArn(call, name), names: [name], selector }
  }
  const { name: path, selector } = selected(arn.resource.slice("parameter".length))
  const isOwn = (arn.account === call.account || arn.account === "") && arn.region === call.region
  const bare = path.slice(1)
  return {
    arn: selector === undefined ? sent : sent.slice(0, -selector.length - 1),
    names: isOwn ? (bare.includes("/") ? [path] : [path, bare]) : [],
    selector,
  }
}

function selected(sent: string): { readonly name: string; readonly selector: string | undefined } {
  const colon = sent.indexOf(":")
  if (colon === -1) return { name: sent, selector: undefined }
  return { name: sent.slice(0, colon), selector: sent.slice(colon + 1) }
}

/** The name of a parameter that is to be put. */
export function checkName(name: string): void {
  if (/^\/aws/i.test(name))
    throw new CommonFault("denied", `No access to reserved parameter name: ${name.slice(0, 200)}.`)
  if (/^\/?ssm/i.test(name) || /^aws/i.test(name)) throw invalid(name.startsWith("/") ? PATH_PREFIX : PREFIX)
  if (name.length > NAME_LENGTH_MAX) throw invalid(`Parameter name must have ${NAME_LENGTH_MAX} characters at most.`)
  if (!/^[a-zA-Z0-9_.\-/]+$/.test(name) || name.includes("//") || name.endsWith("/")) {
    throw invalid(`Parameter name: ${PATH_PREFIX.slice("Parameter name: ".length)}`)
  }
  if (!name.startsWith("/") && name.includes("/")) throw invalid("Parameter name must be a fully qualified name.")
  if (name.split("/").length - 1 > LEVELS_MAX) {
    throw fault(
      "HierarchyLevelLimitExceededException",
      `A hierarchy can have a maximum of ${LEVELS_MAX} levels. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html`,
    )
  }
}

/** With a slash at its end, so that whatever begins with it lies below it. */
export function checkedPath(path: string): string {
  if (!path.startsWith("/") || path.includes("//") || !/^[a-zA-Z0-9_.\-/]*$/.test(path)) {
    throw invalid(
      'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.',
    )
  }
  return path.endsWith("/") ? path : `${path}/`
}

/** A path as policies see it. What AWS itself keeps belongs to no account. */
export function pathArn(home: Home, path: string): string {
  const owner = path.startsWith("/aws/") ? "" : home.account
  return parameterArn({ region: home.region, account: owner }, path === "/" ? path : path.slice(0, -1))
}

const NAME_LENGTH_MAX = 1011
const LEVELS_MAX = 15
const PREFIX = 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).'
const PATH_PREFIX =
  'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_'
