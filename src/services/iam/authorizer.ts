import type { Authorizer } from "../../aws/authorizer.ts"
import { identityOf } from "./identity.ts"
import { authorizerOver } from "./policy/authorize.ts"
import { documentOf } from "./policy-name.ts"

/** Decides for every operation of every service, by the policies that this installation's accounts have written. */
export const authorizer: Authorizer = authorizerOver({ identityOf, managedPolicyDocument: documentOf })
