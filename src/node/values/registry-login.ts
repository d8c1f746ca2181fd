import type { Credentials, RegistryAuthentication } from "../../wire/task.ts"
import type { Login } from "../engine/image.ts"
import type { Asking } from "./asking.ts"
import { secretValues } from "./secrets.ts"

type EcrAuthentication = NonNullable<RegistryAuthentication["ecrAuthData"]>

/** What a private registry lets us in with: a password that ECR makes for the role, or one that a secret holds. */
export async function registryLogin(
  asking: Asking,
  { type, ecrAuthData, asmAuthData }: RegistryAuthentication,
  credentials: Credentials | undefined,
): Promise<Login> {
  if (type === "ecr" && ecrAuthData !== undefined) return ecrLogin(asking, ecrAuthData, credentials)
  if (asmAuthData === undefined) throw new Error("the message about the task does not say where the password is")
  const { credentialsParameter: valueFrom, region } = asmAuthData
  const secret = {
    name: "login",
    valueFrom,
    region,
    provider: "asm",
    type: "ENVIRONMENT_VARIABLE",
    target: "CONTAINER",
  } as const
  const { login = "" } = await secretValues(asking, [secret], credentials)
  return loginIn(login)
}

/** With the instance's own key where the task has no execution role, as on EC2. */
async function ecrLogin(
  asking: Asking,
  { registryId, region, useExecutionRole = false }: EcrAuthentication,
  credentials: Credentials | undefined,
): Promise<Login> {
  const { authorizationData } = (await asking.patiently(
    () =>
      asking.call("ecr", "GetAuthorizationToken", registryId === "" ? {} : { registryIds: [registryId] }, {
        region,
        ...(useExecutionRole && credentials !== undefined && { credentials }),
      }),
    (retries) => `unable to retrieve ecr registry auth: service call has been retried ${retries} time(s)`,
  )) as { readonly authorizationData?: readonly { readonly authorizationToken?: string }[] }
  const decoded = Buffer.from(authorizationData?.[0]?.authorizationToken ?? "", "base64").toString()
  const end = decoded.indexOf(":")
  if (end === -1) throw new Error("unable to retrieve ecr registry auth: the answer holds no token")
  return { username: decoded.slice(0, end), password: decoded.slice(end + 1) }
}

function loginIn(text: string): Login {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    found = undefined
  }
  const { username, password } = (found ?? {}) as { readonly username?: unknown; readonly password?: unknown }
  if (typeof username === "string" && typeof password === "string") return { username, password }
  throw new Error("the secret of repositoryCredentials has to be JSON with a username and a password")
}
