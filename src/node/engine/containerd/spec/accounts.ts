import { EngineError } from "../../engine-error.ts"
import type { OciUser } from "./oci.ts"

/** What an image says of users and groups; empty where it has no such file. */
export interface Accounts {
  readonly passwd: string
  readonly group: string
}

export interface Account {
  readonly user: OciUser
  readonly home: string
}

/** Whom `user` means in an image: `user`, `user:group`, each a name or a number, as Docker reads it. */
export function resolveAccount(user: string, { passwd, group }: Accounts): Account {
  const [userPart = "", groupPart = ""] = user.split(":", 2)
  const users = entries(passwd)
  const groups = entries(group)

  const wanted = userPart === "" ? "0" : userPart
  const known = users.find(({ name, id }) => name === wanted || String(id) === wanted)
  const uid = known?.id ?? numeric(wanted)
  if (uid === undefined)
    throw new EngineError("invalid", `unable to find user ${wanted}: no matching entries in passwd file`)

  if (groupPart !== "") {
    const gid = groups.find(({ name, id }) => name === groupPart || String(id) === groupPart)?.id ?? numeric(groupPart)
    if (gid === undefined) {
      throw new EngineError("invalid", `unable to find group ${groupPart}: no matching entries in group file`)
    }
    return { user: { uid, gid, additionalGids: [] }, home: known?.fields[5] || "/" }
  }

  const gid = numeric(known?.fields[3] ?? "") ?? 0
  const additionalGids = groups
    .filter(({ fields, id }) => known !== undefined && id !== gid && (fields[3] ?? "").split(",").includes(known.name))
    .map(({ id }) => id)
  return { user: { uid, gid, additionalGids }, home: known?.fields[5] || "/" }
}

function entries(text: string) {
  return text.split("\n").flatMap((line) => {
    const fields = line.trim().split(":")
    const id = numeric(fields[2] ?? "")
    return id === undefined || line.startsWith("#") ? [] : [{ name: fields[0]!, id, fields }]
  })
}

function numeric(text: string): number | undefined {
  const value = Number(text)
  return /^\d+$/.test(text) && value <= ID_MAX ? value : undefined
}

/** The last one stands for "none" in the kernel's calls. */
const ID_MAX = 2 ** 32 - 2
