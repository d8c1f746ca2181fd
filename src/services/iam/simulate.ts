import type * as sdk from "@aws-sdk/client-iam"
import { parseArn } from "../../aws/arn.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { fault } from "./fault.ts"
import { identityOf } from "./identity.ts"
import { listed } from "./listing.ts"
import { contextOf } from "./policy/context.ts"
import { contextKeysOf } from "./policy/context-keys.ts"
import type { Identity } from "./policy/identity.ts"
import { policyProblem } from "./policy/problem.ts"
import { type SimulatedPolicy, type Simulation, simulating } from "./policy/simulation.ts"
import { policySourcesOf } from "./policy-sources.ts"
import { resultOf } from "./simulate-result.ts"

export const simulateOperations = {
  SimulateCustomPolicy(call, input) {
    call.authorize("*")
    const caller = input.CallerArn === undefined ? undefined : simulatedUser(call, input.CallerArn)
    return simulated(call, input, sent(input.PolicyInputList), undefined, caller)
  },

  SimulatePrincipalPolicy(call, input) {
    const arn = ownArn(call, input.PolicySourceArn!)
    call.authorize(arn)
    const { policies, boundary } = policySourcesOf(call.tx, arn)
    const caller = input.CallerArn === undefined ? identityOf(call.tx, arn) : simulatedUser(call, input.CallerArn)
    return simulated(call, input, [...policies, ...sent(input.PolicyInputList)], boundary, caller)
  },

  GetContextKeysForCustomPolicy(call, { PolicyInputList }) {
    call.authorize("*")
    return { ContextKeyNames: keysOf(sent(PolicyInputList)) }
  },

  GetContextKeysForPrincipalPolicy(call, { PolicySourceArn, PolicyInputList }) {
    const arn = ownArn(call, PolicySourceArn!)
    call.authorize(arn)
    return { ContextKeyNames: keysOf([...policySourcesOf(call.tx, arn).policies, ...sent(PolicyInputList)]) }
  },
} satisfies Operations<typeof sdk>

function invalid(message: string) {
  return fault("InvalidInputException", message)
}

function ownArn(call: Call, arn: string): string {
  const parsed = parseArn(arn)
  const isOwn = parsed?.account === call.account && parsed.partition === call.partition
  if (isOwn && parsed.service === "iam" && parsed.region === "") return arn
  throw invalid(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`)
}

function sent(documents: readonly string[] = []): readonly SimulatedPolicy[] {
  return documents.map((document, index) => {
    checkDocument(document, "identity")
    return { id: `PolicyInputList.${index + 1}`, type: "none", document }
  })
}

function checkDocument(document: string, kind: "identity" | "resource"): string {
  if (document.length > DOCUMENT_LENGTH_MAX) throw invalid("Invalid policy: the document is too long.")
  const problem = policyProblem(document, kind)
  if (problem !== undefined) throw invalid(`Invalid policy: ${problem}`)
  return document
}

function keysOf(policies: readonly Pick<SimulatedPolicy, "document">[]): string[] {
  return [...new Set(policies.flatMap(({ document }) => contextKeysOf(document)))]
}

/** Users only: roles and sessions cannot be named as who makes the request, on AWS too. */
function simulatedUser(call: Call, arn: string): Pick<Identity, "arn" | "kind" | "id" | "tags"> {
  const parsed = parseArn(arn)
  if (parsed?.service !== "iam" || !parsed.resource.startsWith("user/")) throw invalid(`Invalid caller ARN: ${arn}`)
  // Of another account's user nothing is told but the name.
  const known = parsed.account === call.account ? identityOf(call.tx, arn) : undefined
  return known ?? { arn, kind: "user", id: arn, tags: {} }
}

/** Nobody else is answered meanwhile: so many decisions, and so many characters of policies held against those of ARNs. */
const DECISIONS_MAX = 50_000
const COMPARISONS_MAX = 4_000_000_000

const DOCUMENT_LENGTH_MAX = 131_072
const ARN_LENGTH_MAX = 2048

type Input = Omit<sdk.SimulateCustomPolicyCommandInput, "PolicyInputList">

function simulated(
  call: Call,
  input: Input,
  policies: readonly SimulatedPolicy[],
  ownBoundary: string | undefined,
  caller: Pick<Identity, "arn" | "kind" | "id" | "tags"> | undefined,
) {
  const { ActionNames = [], ResourceArns = [] } = input
  checkInput(input, caller)
  const [boundary = ownBoundary] = (input.PermissionsBoundaryPolicyInputList ?? []).map((document) =>
    checkDocument(document, "identity"),
  )
  const account = parseArn(caller?.arn ?? "")?.account ?? call.account
  const arn = caller?.arn ?? ""
  const simulation: Simulation = {
    policies,
    boundary,
    resourcePolicy: input.ResourcePolicy && checkDocument(input.ResourcePolicy, "resource"),
    requester: { kind: "identity", account, arn, identity: arn, identityId: caller?.id },
    owner: parseArn(input.ResourceOwner ?? "")?.account ?? input.ResourceOwner ?? account,
    context: contextOf({ ...callerContext(caller, account), ...sentContext(input) }),
  }
  const resources = ResourceArns.length === 0 ? ["*"] : ResourceArns
  const { MaxItems: _, Marker: __, ...question } = input
  const numbered = ActionNames.map((action, index) => ({ action, position: String(index).padStart(6, "0") }))
  const { page, rest } = listed(call, input, numbered, ({ position }) => position, { question, arn })
  const decisions = page.length * resources.length * policies.length
  const documents = [...policies.map(({ document }) => document), boundary ?? "", simulation.resourcePolicy ?? ""]
  if (decisions > DECISIONS_MAX || page.length * lengthOf(resources) * lengthOf(documents) > COMPARISONS_MAX) {
    throw invalid("The simulation is too large: name fewer actions, resources or policies at once.")
  }
  const simulate = simulating(simulation)
  return { EvaluationResults: page.map(({ action }) => resultOf(simulate, action, resources)), ...rest }
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0)
}

function checkInput(input: Input, caller: Pick<Identity, "kind"> | undefined): void {
  const wrong = input.ActionNames?.find((action) => !/^[a-zA-Z0-9.-]+:[a-zA-Z0-9]+$/.test(action))
  if (wrong !== undefined) throw invalid(`Invalid action name: ${wrong}`)
  const unnamed = input.ResourceArns?.find((arn) => arn !== "*" && !arn.startsWith("arn:"))
  if (unnamed !== undefined) throw invalid(`Invalid resource ARN: ${unnamed}`)
  const longest = input.ResourceArns?.find(({ length }) => length > ARN_LENGTH_MAX)
  if (longest !== undefined) throw invalid(`Invalid resource ARN: it may have ${ARN_LENGTH_MAX} characters at most.`)
  if ((input.PermissionsBoundaryPolicyInputList ?? []).length > 1) {
    throw invalid("You can specify only one permissions boundary policy.")
  }
  if (input.ResourcePolicy !== undefined && caller?.kind !== "user") {
    throw invalid("CallerArn is required when ResourcePolicy is specified: name the user who makes the request.")
  }
  for (const name of NOT_HERE) {
    if ((input as Readonly<Record<string, unknown>>)[name] !== undefined) {
      throw invalid(`Homeport simulates without ${name}. Leave it out of the request.`)
    }
  }
}

const NOT_HERE = ["OrderedOrganizationPolicyInputList", "PolicyExclusionList", "ResourceHandlingOption"]

function sentContext({ ContextEntries = [] }: Input): Record<string, readonly string[]> {
  return Object.fromEntries(
    ContextEntries.map(({ ContextKeyName = "", ContextKeyValues = [] }) => [
      ContextKeyName.toLowerCase(),
      ContextKeyValues,
    ]),
  )
}

/** What is known of who would ask, without being told. */
function callerContext(
  caller: Pick<Identity, "arn" | "kind" | "id" | "tags"> | undefined,
  account: string,
): Record<string, readonly string[]> {
  if (caller === undefined) return {}
  const { arn, kind, id, tags } = caller
  return {
    ...Object.fromEntries(
      Object.entries(tags).map(([key, value]) => [`aws:principaltag/${key.toLowerCase()}`, [value]]),
    ),
    "aws:principalarn": [arn],
    "aws:principalaccount": [account],
    ...(kind === "user" && { "aws:username": [arn.slice(arn.lastIndexOf("/") + 1)], "aws:userid": [id] }),
  }
}
