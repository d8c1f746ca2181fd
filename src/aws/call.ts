import { assert } from "../base/assert.ts"
import type { Tx } from "../store/transaction.ts"
import type { Authorizer, Conditions, ConditionsOf, Question, ResourcePolicy } from "./authorizer.ts"
import { CommonFault } from "./common-fault.ts"
import type { Call, Caller } from "./operations.ts"

/** Whether a request has been authorised yet: a flow does so in one of several transactions. */
export interface Authorization {
  given: boolean
}

/** One operation's run in one transaction. */
export class OperationCall implements Call {
  readonly account: string
  readonly region: string
  readonly partition: string
  readonly principal: Caller["principal"]
  readonly requestId: string
  readonly origin: string
  readonly sourceIp: string | undefined
  readonly userAgent: string | undefined
  readonly service: string
  readonly operation: string
  readonly action: string
  readonly now: number
  readonly random: Caller["random"]
  readonly pages: Caller["pages"]
  readonly keys: Caller["keys"]
  readonly tx: Tx
  readonly #authorizer: Authorizer
  readonly #authorization: Authorization

  constructor(caller: Caller, tx: Tx, authorizer: Authorizer, authorization: Authorization) {
    this.account = caller.account
    this.region = caller.region
    this.partition = caller.partition
    this.principal = caller.principal
    this.requestId = caller.requestId
    this.origin = caller.origin
    this.sourceIp = caller.sourceIp
    this.userAgent = caller.userAgent
    this.service = caller.service
    this.operation = caller.operation
    this.action = caller.action
    this.now = caller.now
    this.random = caller.random
    this.pages = caller.pages
    this.keys = caller.keys
    this.tx = tx
    this.#authorizer = authorizer
    this.#authorization = authorization
  }

  authorize(
    resources: string | readonly string[],
    conditions: Conditions | ConditionsOf = {},
    policy?: ResourcePolicy,
  ): void {
    // Acting on nothing is acting too: a caller who may not do it at all is told so.
    const named = typeof resources === "string" ? [resources] : resources.length === 0 ? ["*"] : resources
    for (const resource of named) this.authorizeAlso(this.action, resource, conditions, policy)
    this.#authorization.given = true
  }

  authorizeAlso(
    action: string,
    resource: string,
    conditions: Conditions | ConditionsOf = {},
    policy?: ResourcePolicy,
  ): void {
    const denial = this.#authorizer(new CallQuestion(this, action, resource, conditions, policy))
    if (denial === undefined) return
    throw new CommonFault(
      "denied",
      `User: ${this.principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${denial.words}`,
    )
  }

  openToAll(): void {
    this.#authorization.given = true
  }
}

/** Most callers are root, or have policies without conditions: theirs are never worked out. */
class CallQuestion implements Question {
  readonly tx: Tx
  readonly caller: Caller
  readonly action: string
  readonly resource: string
  readonly policy: ResourcePolicy | undefined
  readonly #conditions: Conditions | ConditionsOf

  constructor(
    call: Call,
    action: string,
    resource: string,
    conditions: Conditions | ConditionsOf,
    policy: ResourcePolicy | undefined,
  ) {
    this.tx = call.tx
    this.caller = call
    this.action = action
    this.resource = resource
    this.policy = policy
    this.#conditions = conditions
  }

  get conditions(): Conditions {
    return typeof this.#conditions === "function" ? this.#conditions(this.resource) : this.#conditions
  }
}

/** An operation that answers without having asked whether it may is our mistake, and its answer does not leave. */
export function assertAuthorized({ given }: Authorization, { operation }: Caller): void {
  assert(given, `${operation} answered without having authorised its caller`)
}
