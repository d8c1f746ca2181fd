import type * as sdk from "@aws-sdk/client-ssm"
import { partitionOf } from "../../../aws/arn.ts"
import type { NamedParameter } from "../names.ts"
import { publicValues } from "./values.ts"

/** A parameter that is the same for every account, and that nobody can change. */
export interface PublicParameter {
  readonly name: string
  readonly shown: sdk.Parameter
}

type Home = { readonly region: string }

export function publicParameter(home: Home, { names, selector }: NamedParameter): PublicParameter | undefined {
  const name = names.find((name) => publicValues().has(name))
  if (name === undefined || (selector !== undefined && selector !== "1")) return undefined
  return describe(home, name)
}

/** In the order of their names, from behind `after`. */
export function publicParametersUnder(home: Home, prefix: string, after = ""): readonly PublicParameter[] {
  if (!prefix.startsWith(ROOT)) return []
  return [...publicValues().keys()]
    .filter((name) => name.startsWith(prefix) && name > after)
    .map((name) => describe(home, name))
}

function describe({ region }: Home, name: string): PublicParameter {
  const { value, dataType = "text" } = publicValues().get(name)!
  return {
    name,
    shown: {
      Name: name,
      Type: "String",
      Value: value,
      Version: 1,
      LastModifiedDate: new Date(MADE_AT),
      ARN: `arn:${partitionOf(region)}:ssm:${region}::parameter${name}`,
      DataType: dataType,
    },
  }
}

const ROOT = "/aws/"
const MADE_AT = Date.UTC(2026, 0, 1)
