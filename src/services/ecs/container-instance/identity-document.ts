import { invalid } from "../fault.ts"

/** What EC2 says of a machine that runs there, as far as it matters here. */
export interface IdentityDocument {
  readonly instanceId?: string
  readonly instanceType?: string
  readonly availabilityZone?: string
  readonly imageId?: string
  readonly architecture?: string
}

/** Machines elsewhere have none, and their agents send an empty text. */
export function readIdentityDocument(text: string | undefined): IdentityDocument {
  if (text === undefined || text.trim() === "") return {}
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    document = undefined
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw invalid("The instance identity document is not valid.")
  }
  const sent = document as Record<string, unknown>
  return Object.fromEntries(
    MEMBERS.flatMap((member) => {
      const value = sent[member]
      return typeof value === "string" && value !== "" ? [[member, value.slice(0, LENGTH_MAX)]] : []
    }),
  )
}

const MEMBERS = [
  "instanceId",
  "instanceType",
  "availabilityZone",
  "imageId",
  "architecture",
] satisfies readonly (keyof IdentityDocument)[]
const LENGTH_MAX = 128
