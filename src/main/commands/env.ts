import { command } from "../command.ts"
import { type Credentials, rootCredentials, type Status, status } from "../control.ts"
import { EXIT } from "../exit.ts"
import { dataOf, dataOption, oneOf } from "./options.ts"

export const env = command({
  about: `Prints the root credentials of the first account and where Homeport answers. Use: eval "$(./homeport env)"`,
  options: {
    ...dataOption,
    region: { type: "string", value: "NAME", help: "the region to work in (default us-east-1; any name will do)" },
    format: { type: "string", value: "FORMAT", help: "env or json (default env)" },
  },
  async run(values) {
    const data = dataOf(values)
    const format = oneOf("format", values.format ?? "env", ["env", "json"])
    const credentials = await rootCredentials(data)
    const running = (await status(data))!
    const variables = environment(credentials, running, values.region ?? "us-east-1")
    console.log(format === "json" ? JSON.stringify(variables, undefined, 2) : exports(variables))
    return EXIT.ok
  },
})

export function environment(
  credentials: Credentials,
  running: Pick<Status, "endpoint" | "caFile">,
  region: string,
): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: region,
    // Older tools know only this one.
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: running.endpoint,
    ...(running.caFile === undefined ? {} : { AWS_CA_BUNDLE: running.caFile }),
  }
}

/** Lines for a shell. A session or profile of before would go before these credentials, or spoil them. */
export function exports(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`)
  return ["unset AWS_SESSION_TOKEN AWS_PROFILE", ...lines].join("\n")
}

function quoted(value: string): string {
  return /^[\w./:+=@-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
}
