import type * as sdk from "@aws-sdk/client-ssm"
import { controller, on } from "../../store/controller.ts"
import { fault, invalid } from "./fault.ts"
import { forget } from "./forget.ts"
import { type ParameterPolicy, type ParameterVersion, parameters } from "./tables.ts"

/** The policies in a request: a JSON list, in which an empty object takes those away that there are. */
export function checkedPolicies(text: string): readonly ParameterPolicy[] {
  if (text.length > POLICIES_LENGTH_MAX) throw invalid(`Policies must have ${POLICIES_LENGTH_MAX} characters at most.`)
  const sent = parsed(text)
  if (!Array.isArray(sent)) throw invalid("Policies must be a JSON list of parameter policies.")
  if (sent.length > POLICIES_MAX) {
    throw fault("PoliciesLimitExceededException", `A parameter can have ${POLICIES_MAX} policies at most.`)
  }
  return sent.flatMap((policy: unknown) => {
    if (typeof policy !== "object" || policy === null) throw invalid("A parameter policy is a JSON object.")
    if (Object.keys(policy).length === 0) return []
    return { type: checkedType(policy), text: JSON.stringify(policy) }
  })
}

/** When the policies let their parameter go; undefined for never. */
export function expiryOf(policies: readonly ParameterPolicy[]): number | undefined {
  const expiration = policies.find(({ type }) => type === "Expiration")
  return expiration && Date.parse((JSON.parse(expiration.text) as Expiration).Attributes.Timestamp)
}

export function describePolicies({ policies }: ParameterVersion): sdk.ParameterInlinePolicy[] {
  return policies.map(({ type, text }) => ({ PolicyText: text, PolicyType: type, PolicyStatus: "Pending" }))
}

/** Deletes parameters when their time has come. */
export const parameterExpiry = controller({
  name: "ssm/expiry",
  wakes: [on(parameters, ({ name, expiresAt }) => (expiresAt === undefined ? undefined : name))],

  reconcile({ tx, now, wakeAt }, name) {
    const parameter = tx.get(parameters, name)
    if (parameter?.expiresAt === undefined) return
    if (parameter.expiresAt > now) return wakeAt(parameter.expiresAt)
    forget(tx, parameter)
  },
})

interface Expiration {
  readonly Attributes: { readonly Timestamp: string }
}

function checkedType(policy: object): string {
  const { Type, Version, Attributes } = policy as Readonly<Record<string, unknown>>
  if (typeof Type !== "string" || !Object.hasOwn(ATTRIBUTES, Type)) {
    throw fault(
      "InvalidPolicyTypeException",
      "The policy type is not one of Expiration, ExpirationNotification and NoChangeNotification.",
    )
  }
  const attributes = (typeof Attributes === "object" && Attributes !== null ? Attributes : {}) as Record<
    string,
    unknown
  >
  if (Version !== "1.0" || !ATTRIBUTES[Type]!(attributes)) {
    throw fault("InvalidPolicyAttributeException", `The attributes of the ${Type} policy are not valid.`)
  }
  return Type
}

const isWait = (value: unknown, unit: unknown) =>
  /^[1-9]\d{0,3}$/.test(String(value)) && (unit === "Days" || unit === "Hours")

const ATTRIBUTES: Readonly<Record<string, (attributes: Readonly<Record<string, unknown>>) => boolean>> = {
  Expiration: ({ Timestamp }) =>
    typeof Timestamp === "string" && /^\d{4}-\d\d-\d\dT/.test(Timestamp) && !Number.isNaN(Date.parse(Timestamp)),
  ExpirationNotification: ({ Before, Unit }) => isWait(Before, Unit),
  NoChangeNotification: ({ After, Unit }) => isWait(After, Unit),
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid("Policies must be a JSON list of parameter policies.")
  }
}

const POLICIES_LENGTH_MAX = 4096
const POLICIES_MAX = 10
