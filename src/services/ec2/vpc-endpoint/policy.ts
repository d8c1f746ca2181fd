import { isDeepStrictEqual } from "node:util"
import { notYet } from "../fault.ts"

/** What an endpoint has unless someone says otherwise: everything may pass. */
const FULL_ACCESS = { Statement: [{ Action: "*", Effect: "Allow", Principal: "*", Resource: "*" }] }

export const FULL_ACCESS_DOCUMENT = JSON.stringify(FULL_ACCESS)

/** A policy that allows less would be kept without effect, and open what it is there to close. */
export function checkPolicy(document: string | undefined): void {
  if (document === undefined || document === "") return
  let policy: unknown
  try {
    policy = JSON.parse(document)
  } catch {
    throw notYet("policies of endpoints (PolicyDocument)")
  }
  const { Version: _, ...content } = policy as { Version?: unknown }
  if (!isDeepStrictEqual(content, FULL_ACCESS)) throw notYet("policies of endpoints (PolicyDocument)")
}
