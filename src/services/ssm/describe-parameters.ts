import type * as sdk from "@aws-sdk/client-ssm"
import type { Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { checkWhole, invalid, invalidToken } from "./fault.ts"
import { parameterFilter } from "./filter.ts"
import { currentVersion, parametersUnder } from "./find.ts"
import { describeVersion } from "./get-parameter.ts"

export const describeParametersOperations = {
  DescribeParameters(call, input) {
    call.authorize("*")
    const { MaxResults = 50, NextToken, Shared = false, Filters = [], ParameterFilters = [] } = input
    checkWhole(MaxResults, "maxResults", 1, 50)
    if (Filters.length > 0 && ParameterFilters.length > 0) {
      throw invalid("You can use either Filters or ParameterFilters in a single request.")
    }
    const fits = parameterFilter(call.tx, [...ParameterFilters, ...inNewForm(Filters)], "described")
    const listing = pageOf(call, {
      token: NextToken,
      limit: MaxResults,
      filters: { Shared, Filters, ParameterFilters },
      // Nobody can share parameters yet, so there are none of others'.
      list: ({ after, limit }) => (Shared ? [] : [...parametersUnder(call.tx, "", after).filter(fits).take(limit)]),
      position: ({ name }) => name,
      invalidToken,
    })
    return {
      Parameters: listing.page.map((parameter) => ({
        ...describeVersion(currentVersion(call.tx, parameter)),
        ARN: parameter.arn,
      })),
      ...(listing.nextToken !== undefined && { NextToken: listing.nextToken }),
    }
  },
} satisfies Operations<typeof sdk>

/** What filters were before they had options: a name is the beginning of one. */
function inNewForm(filters: readonly sdk.ParametersFilter[]): readonly sdk.ParameterStringFilter[] {
  return filters.map(({ Key, Values }) => ({ Key, Values, Option: Key === "Name" ? "BeginsWith" : "Equals" }))
}
