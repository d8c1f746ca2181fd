import type * as sdk from "@aws-sdk/client-kms"
import { arnOf } from "../../aws/arn.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { checkLength, fault, unfit } from "./fault.ts"
import { ALIAS, refuseAlias } from "./find.ts"
import { pageRequest } from "./listing.ts"
import { permitOn, permittedOwnKey, refusePending } from "./permit.ts"
import { type Alias, aliases, keys } from "./tables.ts"

// An alias and its key are asked for both: the alias of the caller's own policies only, the key of its own as well.

export const aliasOperations = {
  CreateAlias(call, input) {
    const name = checkedName(input.AliasName!)
    refuseAlias(input.TargetKeyId!)
    call.authorize(aliasArn(call, name))
    const key = permittedOwnKey(call, input.TargetKeyId!)
    refusePending(key)
    if (call.tx.get(aliases, name) !== undefined) {
      throw fault("AlreadyExistsException", `An alias with the name ${aliasArn(call, name)} already exists`)
    }
    checkRoom(call, key.id)
    call.tx.put(aliases, { name, keyId: key.id, createdAt: call.now, updatedAt: call.now })
    return {}
  },

  UpdateAlias(call, input) {
    const name = checkedName(input.AliasName!)
    refuseAlias(input.TargetKeyId!)
    call.authorize(aliasArn(call, name))
    const alias = existingAlias(call, name)
    const former = call.tx.mustGet(keys, alias.keyId)
    permitOn(call, { key: former, tx: call.tx, requestAlias: undefined })
    const key = permittedOwnKey(call, input.TargetKeyId!)
    refusePending(key)
    if (key.spec !== former.spec) {
      throw fault(
        "UnsupportedOperationException",
        "The new key of an alias must be of the same type and usage as the old one.",
      )
    }
    if (key.id !== former.id) checkRoom(call, key.id)
    call.tx.put(aliases, { ...alias, keyId: key.id, updatedAt: call.now })
    return {}
  },

  DeleteAlias(call, input) {
    const name = checkedName(input.AliasName!)
    call.authorize(aliasArn(call, name))
    const alias = existingAlias(call, name)
    permitOn(call, { key: call.tx.mustGet(keys, alias.keyId), tx: call.tx, requestAlias: undefined })
    call.tx.delete(aliases, name)
    return {}
  },

  ListAliases(call, input) {
    call.authorize("*")
    const key = input.KeyId === undefined ? undefined : listedKey(call, input.KeyId)
    const listing = pageOf(call, {
      ...pageRequest(input),
      filters: { key: key?.id },
      list: (from) => call.tx.list(aliases, { ...from, ...(key && { where: ["key", key.id] }) }),
      position: ({ name }) => name,
    })
    return {
      Aliases: listing.page.map((alias) => describe(call, alias)),
      Truncated: listing.nextToken !== undefined,
      ...(listing.nextToken !== undefined && { NextMarker: listing.nextToken }),
    }
  },
} satisfies Operations<typeof sdk>

function listedKey(call: Call, keyId: string) {
  refuseAlias(keyId)
  return permittedOwnKey(call, keyId)
}

function describe(call: Call, { name, keyId, createdAt, updatedAt }: Alias): sdk.AliasListEntry {
  return {
    AliasName: name,
    AliasArn: aliasArn(call, name),
    TargetKeyId: keyId,
    CreationDate: new Date(createdAt),
    LastUpdatedDate: new Date(updatedAt),
  }
}

function aliasArn(call: Call, name: string): string {
  return arnOf("kms", call, name)
}

function existingAlias(call: Call, name: string): Alias {
  const alias = call.tx.get(aliases, name)
  if (alias === undefined) throw fault("NotFoundException", `Alias ${aliasArn(call, name)} is not found.`)
  return alias
}

function checkRoom({ tx }: Call, keyId: string): void {
  if (tx.count(aliases, "key", keyId) >= ALIASES_MAX) {
    throw fault("LimitExceededException", `A key can have ${ALIASES_MAX} aliases.`)
  }
}

function checkedName(name: string): string {
  checkLength(name, "aliasName", 256)
  if (!name.startsWith(ALIAS)) {
    throw invalidName(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    )
  }
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) {
    throw unfit(name, "aliasName", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$")
  }
  if (name.startsWith("alias/aws/"))
    throw fault("NotFoundException", "Aliases that begin with alias/aws/ are AWS's own.")
  return name
}

function invalidName(message: string) {
  return fault("InvalidAliasNameException", message)
}

const ALIASES_MAX = 50
