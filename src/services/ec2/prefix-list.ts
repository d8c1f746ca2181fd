import type * as sdk from "@aws-sdk/client-ec2"
import { arnOf } from "../../aws/arn.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { chosen } from "./describe.ts"
import { fault, inUse, invalidValue } from "./fault.ts"
import { newId } from "./ids.ts"
import { once } from "./once.ts"
import { permit, permitMaking, permitted } from "./permit.ts"
import { awsPrefixLists } from "./prefix-list/aws-managed.ts"
import { changedEntries, checkedEntries } from "./prefix-list/entries.ts"
import { checkPrefixList } from "./prefix-list/find.ts"
import { find, prefixListKind, remove } from "./resource.ts"
import { type PrefixList, prefixLists, routeTables, securityGroupRules } from "./tables.ts"
import { putTags, shownTags, tagsAsked } from "./tagging.ts"
import { refuseUnsupported } from "./unsupported.ts"

export const prefixListOperations = {
  CreateManagedPrefixList(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "prefix-list")
    permitMaking(call, input, prefixListKind, tags)
    const { AddressFamily: addressFamily } = input
    if (addressFamily !== "IPv4" && addressFamily !== "IPv6") {
      throw invalidValue(`Value (${addressFamily}) for parameter AddressFamily is invalid.`)
    }
    const name = checkedName(input.PrefixListName!)
    const maxEntries = checkedMax(input.MaxEntries!)
    const entries = checkedEntries(addressFamily, input.Entries ?? [])
    checkRoom(entries.length, maxEntries)
    const [id] = once(call, input, () => {
      const list: PrefixList = {
        id: newId(call.random, "pl"),
        name,
        addressFamily,
        maxEntries,
        version: 1,
        versions: [{ version: 1, entries }],
      }
      call.tx.put(prefixLists, list)
      putTags(call.tx, "prefix-list", list.id, tags)
      return [list.id]
    })
    return { PrefixList: describe(call, find(call.tx, prefixListKind, id!), "create-complete") }
  },

  ModifyManagedPrefixList(call, input) {
    const list = permitted(call, input, prefixListKind, input.PrefixListId!)
    refuseUnsupported(input, { IpamPrefixListResolverSyncEnabled: "IPAM" })
    const { AddEntries = [], RemoveEntries = [], CurrentVersion } = input
    const changesEntries = AddEntries.length > 0 || RemoveEntries.length > 0
    if (changesEntries && CurrentVersion !== undefined) checkVersion(list, CurrentVersion)
    const name = input.PrefixListName === undefined ? list.name : checkedName(input.PrefixListName)
    const maxEntries = input.MaxEntries === undefined ? list.maxEntries : checkedMax(input.MaxEntries)
    const entries = changedEntries(list, AddEntries, RemoveEntries)
    checkRoom(entries.length, maxEntries)
    const modified = { ...(changesEntries ? nextVersion(list, entries) : list), name, maxEntries }
    call.tx.put(prefixLists, modified)
    return { PrefixList: describe(call, modified, "modify-complete") }
  },

  RestoreManagedPrefixListVersion(call, input) {
    const list = permitted(call, input, prefixListKind, input.PrefixListId!)
    checkVersion(list, input.CurrentVersion!)
    const earlier = list.versions.find(({ version }) => version === input.PreviousVersion)
    if (earlier === undefined) throw noVersion(list, input.PreviousVersion!)
    checkRoom(earlier.entries.length, list.maxEntries)
    const restored = nextVersion(list, earlier.entries)
    call.tx.put(prefixLists, restored)
    return { PrefixList: describe(call, restored, "restore-complete") }
  },

  DeleteManagedPrefixList(call, input) {
    const list = permitted(call, input, prefixListKind, input.PrefixListId!)
    if (users(call, list.id).length > 0) throw inUse("prefix list", list.id)
    remove(call.tx, prefixListKind, list.id)
    return { PrefixList: describe(call, list, "delete-complete") }
  },

  DescribeManagedPrefixLists(call, input) {
    permit(call, input, "*")
    const own = call.tx.all(prefixLists).map((list) => describe(call, list, "create-complete"))
    const ofAws = awsPrefixLists(call.region).map(({ id, name }) => describeAws(call, id, name))
    const { PrefixListIds } = input
    for (const id of PrefixListIds ?? []) checkPrefixList(call.tx, id)
    const { page, nextToken } = chosen(call, input, {
      all: [...own, ...ofAws].filter(
        ({ PrefixListId }) => !PrefixListIds?.length || PrefixListIds.includes(PrefixListId!),
      ),
      fields: {
        "owner-id": ({ OwnerId }) => OwnerId,
        "prefix-list-id": ({ PrefixListId }) => PrefixListId,
        "prefix-list-name": ({ PrefixListName }) => PrefixListName,
      },
      tags: ({ PrefixListId }) => PrefixListId!,
      position: ({ PrefixListId }) => PrefixListId!,
    })
    return { PrefixLists: [...page], NextToken: nextToken }
  },

  GetManagedPrefixListEntries(call, input) {
    permit(call, input, `prefix-list/${input.PrefixListId}`)
    checkPrefixList(call.tx, input.PrefixListId!)
    const list = call.tx.get(prefixLists, input.PrefixListId!)
    const ofAws = awsPrefixLists(call.region).find(({ id }) => id === input.PrefixListId)
    const version = list?.versions.find((one) => one.version === (input.TargetVersion ?? list.version))
    if (list !== undefined && version === undefined) throw noVersion(list, input.TargetVersion!)
    const { page, nextToken } = chosen(call, input, {
      all: [
        ...(version?.entries ?? []).map(({ cidr, description }) => ({ Cidr: cidr, Description: description })),
        ...(ofAws?.cidrs ?? []).map((Cidr) => ({ Cidr, Description: undefined })),
      ],
      fields: {},
      position: ({ Cidr }) => Cidr,
    })
    return { Entries: [...page], NextToken: nextToken }
  },

  GetManagedPrefixListAssociations(call, input) {
    const list = permitted(call, input, prefixListKind, input.PrefixListId!)
    const { page, nextToken } = chosen(call, input, {
      all: users(call, list.id),
      fields: {},
      position: (id) => id,
    })
    const associations = page.map((ResourceId) => ({ ResourceId, ResourceOwner: call.account }))
    return { PrefixListAssociations: associations, NextToken: nextToken }
  },

  DescribePrefixLists(call, input) {
    permit(call, input, "*")
    const { PrefixListIds = [] } = input
    const all = awsPrefixLists(call.region)
    const unknown = PrefixListIds.find((id) => !all.some((list) => list.id === id))
    if (unknown !== undefined)
      throw fault("InvalidPrefixListId.NotFound", `The prefix list ID '${unknown}' does not exist`)
    const { page, nextToken } = chosen(call, input, {
      all: all.filter(({ id }) => PrefixListIds.length === 0 || PrefixListIds.includes(id)),
      fields: { "prefix-list-id": ({ id }) => id, "prefix-list-name": ({ name }) => name },
      position: ({ id }) => id,
    })
    const shown = page.map(({ id, name, cidrs }) => ({ PrefixListId: id, PrefixListName: name, Cidrs: [...cidrs] }))
    return { PrefixLists: shown, NextToken: nextToken }
  },
} satisfies Operations<typeof sdk>

/** AWS keeps so many; older ones can no longer be read. */
const VERSIONS_KEPT = 50

function nextVersion(list: PrefixList, entries: PrefixList["versions"][number]["entries"]): PrefixList {
  const version = list.version + 1
  return { ...list, version, versions: [...list.versions, { version, entries }].slice(-VERSIONS_KEPT) }
}

function checkedName(name: string): string {
  if (name.length < 1 || name.length > 255 || name.startsWith("com.amazonaws")) {
    throw invalidValue(`Value (${name}) for parameter PrefixListName is invalid.`)
  }
  return name
}

function checkedMax(maxEntries: number): number {
  if (Number.isInteger(maxEntries) && maxEntries >= 1 && maxEntries <= 1000) return maxEntries
  throw invalidValue(`Value (${maxEntries}) for parameter MaxEntries is invalid. It must be between 1 and 1000.`)
}

function checkRoom(count: number, maxEntries: number): void {
  if (count <= maxEntries) return
  throw fault("PrefixListMaxEntriesExceeded", "You've reached the maximum number of entries for the prefix list.")
}

function checkVersion({ version }: PrefixList, current: number): void {
  if (current === version) return
  throw fault(
    "PrefixListVersionMismatch",
    `The prefix list has the incorrect version number. The current version is ${version}.`,
  )
}

function noVersion({ id }: PrefixList, version: number) {
  return fault("PrefixListVersionNotFound", `The prefix list ${id} has no version ${version}.`)
}

/** Security groups and route tables that name the list. */
function users({ tx }: Call, id: string): string[] {
  const groups = tx.where(securityGroupRules, "prefixList", id).map(({ groupId }) => groupId)
  return [...new Set([...groups, ...tx.where(routeTables, "prefixList", id).map((routeTable) => routeTable.id)])]
}

function describe(call: Call, list: PrefixList, State: sdk.PrefixListState): sdk.ManagedPrefixList {
  return {
    PrefixListId: list.id,
    PrefixListArn: arnOf("ec2", call, `prefix-list/${list.id}`),
    PrefixListName: list.name,
    AddressFamily: list.addressFamily,
    MaxEntries: list.maxEntries,
    Version: list.version,
    OwnerId: call.account,
    State,
    Tags: shownTags(call.tx, list.id),
  }
}

function describeAws({ partition, region }: Call, id: string, name: string): sdk.ManagedPrefixList {
  return {
    PrefixListId: id,
    PrefixListArn: `arn:${partition}:ec2:${region}:aws:prefix-list/${id}`,
    PrefixListName: name,
    AddressFamily: "IPv4",
    OwnerId: "AWS",
    State: "create-complete",
    Tags: [],
  }
}
