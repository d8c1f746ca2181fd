import type { Credentials, Secret } from "../../wire/task.ts"
import { type Region, RegionError } from "../region.ts"
import type { Asking } from "./asking.ts"

type Values = Readonly<Record<string, string>>

/** The values of secrets by the names that they have for the container, asked for with the task's execution role. */
export async function secretValues(
  asking: Asking,
  secrets: readonly Secret[],
  credentials: Credentials | undefined,
): Promise<Values> {
  const [fromManager, parameters] = await Promise.all([
    managedSecrets(asking, secrets, credentials),
    parameterValues(asking, secrets, credentials),
  ])
  return Object.fromEntries(
    secrets.map((secret) => [secret.name, secret.provider === "asm" ? fromManager(secret) : parameters(secret)]),
  )
}

/** A secret that several of a container's name is fetched once. */
async function managedSecrets(asking: Asking, secrets: readonly Secret[], credentials: Credentials | undefined) {
  const wanted = secrets.filter(({ provider }) => provider === "asm")
  const texts = new Map<string, Promise<string>>()
  for (const { valueFrom, region } of wanted) {
    const { name, SecretId, VersionStage, VersionId } = secretPlace(valueFrom)
    const ask = async () => {
      const input = { SecretId, ...(VersionStage && { VersionStage }), ...(VersionId && { VersionId }) }
      const answer = await asking.call("secretsmanager", "GetSecretValue", input, { region, ...given(credentials) })
      return secretText(answer)
    }
    const what = (tries: number) =>
      `unable to retrieve secret from asm: service call has been retried ${tries} time(s): failed to fetch secret ${SecretId} from secrets manager`
    if (!texts.has(name)) texts.set(name, asking.patiently(ask, what))
  }
  const known = new Map(
    await Promise.all([...texts].map(async ([name, text]): Promise<[string, string]> => [name, await text])),
  )
  return ({ valueFrom }: Secret) => {
    const { name, SecretId, key } = secretPlace(valueFrom)
    const text = known.get(name)!
    return key === "" ? text : memberOf(text, key, SecretId)
  }
}

/** Ten at a time is what the region answers. */
async function parameterValues(asking: Asking, secrets: readonly Secret[], credentials: Credentials | undefined) {
  const wanted = secrets.filter(({ provider }) => provider === "ssm")
  const regions = Map.groupBy(wanted, ({ region }) => region)
  const values = new Map<string, string>()
  const batches = [...regions].flatMap(([region, ofRegion]) => {
    const names = [...new Set(ofRegion.map(({ valueFrom }) => valueFrom))]
    return Array.from({ length: Math.ceil(names.length / NAMES_MAX) }, (_, n) => ({
      region,
      Names: names.slice(n * NAMES_MAX, (n + 1) * NAMES_MAX),
    }))
  })
  const ask = async ({ region, Names }: (typeof batches)[number]) => {
    const what = (tries: number) =>
      `unable to retrieve secrets from ssm: service call has been retried ${tries} time(s)`
    const input = { Names, WithDecryption: true }
    const { Parameters = [], InvalidParameters = [] } = (await asking.patiently(
      () => asking.call("ssm", "GetParameters", input, { region, ...given(credentials) }),
      what,
    )) as ParametersAnswer
    if (InvalidParameters.length > 0) {
      throw new Error(`${what(0)}: invalid ssm parameters: ${InvalidParameters.join(", ")}`)
    }
    for (const { Name, ARN, Value } of Parameters)
      for (const name of [Name, ARN]) values.set(`${region} ${name}`, Value)
  }
  await Promise.all(batches.map(ask))
  return ({ region, valueFrom, name }: Secret) => {
    const value = values.get(`${region} ${valueFrom}`)
    if (value === undefined) throw new Error(`the parameter of ${name} was not in the answer`)
    return value
  }
}

interface ParametersAnswer {
  readonly Parameters?: readonly { readonly Name: string; readonly ARN: string; readonly Value: string }[]
  readonly InvalidParameters?: readonly string[]
}

/** `arn:aws:secretsmanager:region:account:secret:name`, and behind it `:json-key:version-stage:version-id`, each of which may be empty. */
function secretPlace(valueFrom: string) {
  const parts = valueFrom.split(":")
  const [key = "", VersionStage = "", VersionId = ""] = parts.slice(ARN_PARTS)
  const SecretId = parts.slice(0, ARN_PARTS).join(":")
  return { SecretId, key, VersionStage, VersionId, name: `${SecretId}:${VersionStage}:${VersionId}` }
}

/** A binary secret goes into a variable as it is written in JSON. */
function secretText({ SecretString, SecretBinary }: Readonly<Record<string, unknown>>): string {
  const text = SecretString ?? SecretBinary
  if (typeof text !== "string") throw new RegionError("Unreadable", 200, "The answer holds no secret.")
  return text
}

function memberOf(text: string, key: string, id: string): string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The text may be part of the secret, so nobody repeats it.
    throw new Error(`unable to retrieve secret from asm: the secret ${id} is not JSON, and a key of it is asked for`)
  }
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
    throw new Error(
      `unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key ${key}`,
    )
  }
  const member = (value as Readonly<Record<string, unknown>>)[key]
  return typeof member === "string" ? member : JSON.stringify(member)
}

function given(credentials: Credentials | undefined): Pick<NonNullable<Parameters<Region["call"]>[3]>, "credentials"> {
  return credentials === undefined ? {} : { credentials }
}

const ARN_PARTS = 7
const NAMES_MAX = 10
