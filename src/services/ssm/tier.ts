import type * as sdk from "@aws-sdk/client-ssm"
import { invalid, oneOf } from "./fault.ts"
import type { ParameterPolicy, ParameterVersion, Tier } from "./tables.ts"

/** How much room a parameter gets: what it asks for, what it has, or what it needs. */
export function chosenTier(
  value: string,
  { Tier }: sdk.PutParameterRequest,
  policies: readonly ParameterPolicy[],
  last: ParameterVersion | undefined,
): Tier {
  const asked = oneOf(Tier ?? last?.tier ?? "Standard", "tier", ["Standard", "Advanced", "Intelligent-Tiering"])
  const length = Buffer.byteLength(value)
  if (length > ADVANCED_BYTES_MAX) throw invalid(tooLong("Advanced", ADVANCED_BYTES_MAX, ""))
  if (asked === "Intelligent-Tiering") {
    const needsMore = length > STANDARD_BYTES_MAX || policies.length > 0 || last?.tier === "Advanced"
    return needsMore ? "Advanced" : "Standard"
  }
  if (asked === "Advanced") return asked
  if (last?.tier === "Advanced") {
    throw invalid(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
    )
  }
  if (length > STANDARD_BYTES_MAX) {
    throw invalid(
      tooLong(
        "Standard",
        STANDARD_BYTES_MAX,
        " To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
      ),
    )
  }
  if (policies.length > 0) throw invalid("Parameter policies need the advanced-parameter tier. Set Tier to Advanced.")
  return asked
}

function tooLong(tier: Tier, max: number, advice: string): string {
  return `${tier} tier parameters support a maximum parameter value of ${max} characters.${advice}`
}

const STANDARD_BYTES_MAX = 4096
const ADVANCED_BYTES_MAX = 8192
