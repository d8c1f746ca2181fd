import { globalArnOf, parseArn } from "../../aws/arn.ts"
import type { Conditions } from "../../aws/authorizer.ts"
import type { Call } from "../../aws/operations.ts"
import { resourceTagConditions } from "../../aws/tags.ts"
import { invalid, noSuchEntity } from "./fault.ts"
import { checkLength } from "./names.ts"
import { type OpenIdProvider, openIdProviders } from "./tables.ts"

export function providerArn(
  home: { readonly account: string; readonly region: string },
  { host }: Pick<OpenIdProvider, "host">,
): string {
  return globalArnOf("iam", home, `oidc-provider/${host}`)
}

/** The provider that an operation acts on, once it is known that the caller may. */
export function permittedProvider(call: Call, arn: string, conditions: Conditions = {}): OpenIdProvider {
  checkLength(arn, "openIDConnectProviderArn", 20, 2048)
  const parsed = parseArn(arn)
  const [, host] = /^oidc-provider\/(.+)$/.exec(parsed?.resource ?? "") ?? []
  if (parsed?.service !== "iam" || host === undefined) throw invalid("Invalid ARN for OpenIDConnect Provider")
  const found = arn === providerArn(call, { host }) ? call.tx.get(openIdProviders, host) : undefined
  call.authorize(arn, { ...conditions, ...resourceTagConditions(found?.tags ?? []) })
  if (found === undefined) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`)
  return found
}
