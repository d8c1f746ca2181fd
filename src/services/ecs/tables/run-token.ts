import { table } from "../../../store/table.ts"

/** What RunTask did for a token, so that a repeated request starts nothing. */
export interface RunToken {
  readonly clusterArn: string
  readonly token: string

  /** A digest of the request: the same token with another request is refused. */
  readonly request: string
  readonly taskArns: readonly string[]
  readonly createdAt: number
}

const RUN_TOKEN_MS = 24 * 60 * 60 * 1000

export const runTokens = table({
  name: "ecs/run-tokens",
  version: 1,
  key: ({ clusterArn, token }: RunToken) => `${clusterArn} ${token}`,
  retention: { until: ({ createdAt }) => createdAt + RUN_TOKEN_MS },
})
