import type { Credentials, RegistryAuthentication } from "../../wire/task.ts"
import type { Login } from "../engine/image.ts"
import type { Asking } from "./asking.ts"
import type { EcrLogins } from "./ecr-logins.ts"
import { secretValues } from "./secrets.ts"

/** What a private registry lets us in with: a password that ECR makes for the role, or one that a secret holds. */
export async function registryLogin(
  asking: Asking,
  ecrLogins: EcrLogins,
  { type, ecrAuthData, asmAuthData }: RegistryAuthentication,
  credentials: Credentials | undefined,
): Promise<Login> {
  if (type === "ecr" && ecrAuthData !== undefined) return ecrLogins.get(ecrAuthData, credentials)
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
