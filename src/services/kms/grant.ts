import { createHash } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import type * as sdk from "@aws-sdk/client-kms"
import { parseArn } from "../../aws/arn.ts"
import { CommonFault } from "../../aws/common-fault.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { newHex } from "../../world/ids.ts"
import { fault, invalid, notYet, oneOf, unfit } from "./fault.ts"
import { type FoundKey, findKey, namedKey, refuseAlias } from "./find.ts"
import { pageRequest } from "./listing.ts"
import { permitOn, permittedKey, refusePending } from "./permit.ts"
import { type Grant, grants, keys } from "./tables.ts"

export const grantOperations = {
  CreateGrant(call, input) {
    refuseAlias(input.KeyId!)
    const wanted = checkedGrant(call, input)
    const found = permittedKey(call, input.KeyId!, {
      conditions: grantConditions(wanted),
      handedOn: wanted,
      DryRun: input.DryRun,
    })
    refusePending(found.key)
    if (found.key.manager === "AWS") {
      throw new CommonFault("denied", `${found.key.arn} is managed by AWS and cannot be changed.`)
    }
    const grant = sameGrant(found, wanted) ?? newGrant(call, found, wanted)
    return { GrantId: grant.id, GrantToken: grant.token }
  },

  ListGrants(call, input) {
    refuseAlias(input.KeyId!)
    const { key, tx } = permittedKey(call, input.KeyId!)
    const { GrantId: id, GranteePrincipal: grantee, GranteeServicePrincipal: service = grantee } = input
    const listing = pageOf(call, {
      ...pageRequest(input),
      filters: { key: key.id, id, service },
      list: ({ after, limit }) =>
        tx
          .list(grants, { after, where: ["key", key.id] })
          .filter((grant) => (id ?? grant.id) === grant.id && (service ?? grant.grantee) === grant.grantee)
          .slice(0, limit),
      position: (grant) => grant.id,
    })
    return shown(listing, tx)
  },

  ListRetirableGrants(call, input) {
    // Who may retire grants may see which, whatever else it may.
    call.authorize("*")
    const listing = pageOf(call, {
      ...pageRequest(input),
      filters: { retiring: input.RetiringPrincipal },
      list: (from) => call.tx.list(grants, { ...from, where: ["retiring", input.RetiringPrincipal!] }),
      position: (grant) => grant.id,
    })
    return shown(listing, call.tx)
  },

  RevokeGrant(call, input) {
    refuseAlias(input.KeyId!)
    const { key, tx } = permittedKey(call, input.KeyId!, { DryRun: input.DryRun })
    const grant = tx.get(grants, input.GrantId!)
    if (grant?.keyId !== key.id) throw unknownGrant(input.GrantId!)
    tx.delete(grants, grant.id)
    return {}
  },

  RetireGrant(call, input) {
    const { found, grant } = retiredGrant(call, input)
    permitOn(call, found, { conditions: grantConditions(grant), retired: grant, DryRun: input.DryRun })
    found.tx.delete(grants, grant.id)
    return {}
  },
} satisfies Operations<typeof sdk>

type Wanted = Omit<Grant, "id" | "token" | "keyId" | "createdAt">

function checkedGrant(call: Call, input: sdk.CreateGrantRequest): Wanted {
  const { Constraints: constraints = {}, GranteeServicePrincipal, RetiringServicePrincipal, Name: name } = input
  const grantee = input.GranteePrincipal ?? GranteeServicePrincipal
  if (grantee === undefined) throw invalid("You must specify a grantee principal.")
  if (constraints.SourceArn !== undefined) throw notYet("grants that hold for one source (SourceArn)")
  if (input.Operations!.length === 0)
    throw unfit("[]", "operations", "Member must have length greater than or equal to 1")
  if (name !== undefined && !/^[a-zA-Z0-9:/_-]{1,256}$/.test(name)) {
    throw unfit(name.slice(0, 80), "name", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$")
  }
  for (const principal of [input.GranteePrincipal, input.RetiringPrincipal]) {
    if (principal !== undefined && !/^(iam|sts)$/.test(parseArn(principal)?.service ?? "")) {
      throw fault("InvalidArnException", `${principal.slice(0, 80)} is not the ARN of a principal.`)
    }
  }
  return {
    name,
    grantee,
    isForService: input.GranteePrincipal === undefined,
    retiring: input.RetiringPrincipal ?? RetiringServicePrincipal,
    operations: input.Operations!.map((operation) => oneOf(operation, "operations", OPERATIONS)),
    subset: constraints.EncryptionContextSubset,
    equals: constraints.EncryptionContextEquals,
    issuingAccount: `arn:${call.partition}:iam::${call.account}:root`,
  }
}

function grantConditions({ grantee, retiring, operations, subset, equals, isForService }: Wanted) {
  const type = equals ? "EncryptionContextEquals" : subset ? "EncryptionContextSubset" : undefined
  return {
    "kms:GrantOperations": operations,
    "kms:GranteePrincipal": grantee,
    "kms:GrantIsForAWSResource": isForService,
    ...(retiring !== undefined && { "kms:RetiringPrincipal": retiring }),
    ...(type !== undefined && { "kms:GrantConstraintType": type }),
  }
}

/** A grant with a name is made once, however often it is asked for. */
function sameGrant({ key, tx }: FoundKey, wanted: Wanted): Grant | undefined {
  if (wanted.name === undefined) return undefined
  return tx.where(grants, "grantee", `${key.id}/${wanted.grantee}`).find((grant) => {
    const { id: _, token: __, keyId: ___, createdAt: ____, ...present } = grant
    return isDeepStrictEqual(present, wanted)
  })
}

function newGrant(call: Call, { key, tx }: FoundKey, wanted: Wanted): Grant {
  if (tx.count(grants, "key", key.id) >= GRANTS_MAX) {
    throw fault("LimitExceededException", `A key can have ${GRANTS_MAX} grants.`)
  }
  const id = newHex(call.random, 64)
  const token = createHash("sha256").update(`${key.arn}/${id}`).digest("base64url")
  const grant: Grant = { ...wanted, id, token, keyId: key.id, createdAt: call.now }
  tx.put(grants, grant)
  return grant
}

function retiredGrant(call: Call, { KeyId, GrantId, GrantToken }: sdk.RetireGrantRequest) {
  if (GrantToken !== undefined) {
    const grant = call.tx.all(grants).find(({ token }) => token === GrantToken)
    const key = grant && call.tx.get(keys, grant.keyId)
    if (key === undefined) throw fault("InvalidGrantTokenException", "The grant token is not valid.")
    return { found: { key, tx: call.tx, requestAlias: undefined }, grant: grant! }
  }
  if (KeyId === undefined || GrantId === undefined) {
    throw invalid("You must specify either a grant token, or a key ID and a grant ID.")
  }
  refuseAlias(KeyId)
  const found = findKey(namedKey(call.tx, KeyId))
  const grant = found?.tx.get(grants, GrantId)
  if (found === undefined || grant?.keyId !== found.key.id) throw unknownGrant(GrantId)
  return { found, grant }
}

function shown(
  { page, nextToken }: { readonly page: readonly Grant[]; readonly nextToken: string | undefined },
  tx: Call["tx"],
) {
  return {
    Grants: page.map((grant) => describe(grant, tx)),
    Truncated: nextToken !== undefined,
    ...(nextToken !== undefined && { NextMarker: nextToken }),
  }
}

function describe(grant: Grant, tx: Call["tx"]): sdk.GrantListEntry {
  const { subset, equals } = grant
  return {
    KeyId: tx.mustGet(keys, grant.keyId).arn,
    GrantId: grant.id,
    ...(grant.name !== undefined && { Name: grant.name }),
    CreationDate: new Date(grant.createdAt),
    [grant.isForService ? "GranteeServicePrincipal" : "GranteePrincipal"]: grant.grantee,
    ...(grant.retiring !== undefined && { RetiringPrincipal: grant.retiring }),
    IssuingAccount: grant.issuingAccount,
    Operations: [...grant.operations] as sdk.GrantOperation[],
    ...((subset || equals) && {
      Constraints: {
        ...(subset && { EncryptionContextSubset: { ...subset } }),
        ...(equals && { EncryptionContextEquals: { ...equals } }),
      },
    }),
  }
}

function unknownGrant(id: string) {
  return fault("NotFoundException", `Grant ${id.slice(0, 128)} does not exist`)
}

const GRANTS_MAX = 50_000
const OPERATIONS = [
  ...["Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"],
  ...["CreateGrant", "RetireGrant", "DescribeKey", "GenerateMac", "VerifyMac", "Sign", "Verify", "GetPublicKey"],
  ...["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "DeriveSharedSecret"],
]
