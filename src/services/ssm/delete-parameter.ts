import type * as sdk from "@aws-sdk/client-ssm"
import type { Operations } from "../../aws/operations.ts"
import { checkCount } from "./fault.ts"
import { findParameter, parameterConditions, permittedParameter } from "./find.ts"
import { forget } from "./forget.ts"
import { namedParameter } from "./names.ts"

export const deleteParameterOperations = {
  DeleteParameter(call, input) {
    forget(call.tx, permittedParameter(call, input.Name!))
    return {}
  },

  DeleteParameters(call, input) {
    checkCount(input.Names!, "names", 10)
    const asked = [...new Set(input.Names!)].map((name) => {
      const named = namedParameter(call, name)
      const parameter = named.selector === undefined ? findParameter(call.tx, named) : undefined
      call.authorize(parameter?.arn ?? named.arn, parameter && parameterConditions(parameter))
      return { name, parameter }
    })
    for (const { parameter } of asked) if (parameter !== undefined) forget(call.tx, parameter)
    return {
      DeletedParameters: asked.filter(({ parameter }) => parameter !== undefined).map(({ name }) => name),
      InvalidParameters: asked.filter(({ parameter }) => parameter === undefined).map(({ name }) => name),
    }
  },
} satisfies Operations<typeof sdk>
