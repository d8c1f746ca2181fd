import { assert } from "../base/assert.ts"
import type { Tx } from "../store/transaction.ts"
import { CommonFault } from "./common-fault.ts"
import type { Call, Caller } from "./operations.ts"
import type { Authorizer, Conditions } from "./principal.ts"
import type { Service } from "./service.ts"

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
  readonly operation: string
  readonly now: number
  readonly random: Caller["random"]
  readonly pages: Caller["pages"]
  readonly tx: Tx
  readonly #service: Service
  readonly #authorizer: Authorizer
  readonly #authorization: Authorization

  constructor(caller: Caller, tx: Tx, service: Service, authorizer: Authorizer, authorization: Authorization) {
    this.account = caller.account
    this.region = caller.region
    this.partition = caller.partition
    this.principal = caller.principal
    this.requestId = caller.requestId
    this.operation = caller.operation
    this.now = caller.now
    this.random = caller.random
    this.pages = caller.pages
    this.tx = tx
    this.#service = service
    this.#authorizer = authorizer
    this.#authorization = authorization
  }

  authorize(resources: string | readonly string[], conditions: Conditions = {}): void {
    const action = `${this.#service.name}:${this.operation}`
    if (typeof resources === "string") this.#check(action, resources, conditions)
    else for (const resource of resources) this.#check(action, resource, conditions)
    this.#authorization.given = true
  }

  openToAll(): void {
    this.#authorization.given = true
  }

  #check(action: string, resource: string, conditions: Conditions): void {
    const denial = this.#authorizer(this.principal, action, resource, conditions)
    if (denial === undefined) return
    // Refusing is a decision too.
    this.#authorization.given = true
    throw new CommonFault(
      "denied",
      `User: ${this.principal.arn} is not authorized to perform: ${action} on resource: ${resource} because ${denial.because}`,
    )
  }
}

/** An operation that answers without having asked whether it may is our mistake, and its answer does not leave. */
export function assertAuthorized({ given }: Authorization, { operation }: Caller): void {
  assert(given, `${operation} answered without having authorised its caller`)
}
