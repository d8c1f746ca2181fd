import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../aws/operations.ts"
import type { Tx } from "../../store/transaction.ts"
import { described } from "./describe.ts"
import { inUse, invalidValue, missing } from "./fault.ts"
import { newId } from "./ids.ts"
import { accountIn } from "./maker.ts"
import { permit, permitMaking, permitted } from "./permit.ts"
import { dhcpOptionsKind, find, remove, vpcKind } from "./resource.ts"
import { type DhcpOptions, dhcpOptions, vpcs } from "./tables.ts"
import { putTags, shownTags, tagsAsked } from "./tagging.ts"

export const dhcpOptionsOperations = {
  CreateDhcpOptions(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "dhcp-options")
    permitMaking(call, input, dhcpOptionsKind, tags)
    const options: DhcpOptions = { id: newId(call.random, "dopt"), options: checkedOptions(input.DhcpConfigurations!) }
    call.tx.put(dhcpOptions, options)
    putTags(call.tx, "dhcp-options", options.id, tags)
    return { DhcpOptions: describe(call.tx, options) }
  },

  DescribeDhcpOptions(call, input) {
    const { shown, NextToken } = described(call, input, {
      kind: dhcpOptionsKind,
      ids: [input.DhcpOptionsIds, "DhcpOptionsIds"],
      fields: {
        "dhcp-options-id": ({ id }) => id,
        key: ({ options }) => options.map(({ key }) => key),
        "owner-id": () => accountIn(call.tx),
        value: ({ options }) => options.flatMap(({ values }) => values),
      },
      show: (options) => describe(call.tx, options),
    })
    return { DhcpOptions: shown, NextToken }
  },

  AssociateDhcpOptions(call, input) {
    const { DhcpOptionsId, VpcId } = input
    const isNone = DhcpOptionsId === "default"
    permit(call, input, isNone ? `vpc/${VpcId}` : [`dhcp-options/${DhcpOptionsId}`, `vpc/${VpcId}`])
    const vpc = find(call.tx, vpcKind, VpcId!)
    const dhcpOptionsId = isNone ? "default" : find(call.tx, dhcpOptionsKind, DhcpOptionsId!).id
    call.tx.put(vpcs, { ...vpc, dhcpOptionsId })
    return {}
  },

  DeleteDhcpOptions(call, input) {
    const { id } = permitted(call, input, dhcpOptionsKind, input.DhcpOptionsId!)
    if (call.tx.some(vpcs, "dhcpOptions", id)) throw inUse("dhcpOptions", id)
    remove(call.tx, dhcpOptionsKind, id)
    return {}
  },
} satisfies Operations<typeof sdk>

/** The options that there are, and how many values each may have. */
const VALUES_MAX: Readonly<Record<string, number>> = {
  "domain-name": 1,
  "domain-name-servers": 4,
  "ntp-servers": 4,
  "netbios-name-servers": 4,
  "netbios-node-type": 1,
  "ipv6-address-preferred-lease-time": 1,
}

function checkedOptions(sent: readonly sdk.NewDhcpConfiguration[]): DhcpOptions["options"] {
  if (sent.length === 0) throw missing("dhcpConfiguration")
  const options = sent.map(({ Key: key = "", Values: values = [] }) => {
    const valuesMax = VALUES_MAX[key]
    if (valuesMax === undefined) {
      throw invalidValue(`Value (${key}) for parameter name is invalid. Unknown DHCP option`)
    }
    if (values.length === 0) throw missing("dhcpConfiguration.value")
    if (values.length > valuesMax) {
      throw invalidValue(`Value (${values.join(",")}) for parameter value is invalid. Too many values for ${key}`)
    }
    return { key, values: [...values] }
  })
  if (new Set(options.map(({ key }) => key)).size < options.length) {
    throw invalidValue("A DHCP option must not appear multiple times")
  }
  return options
}

function describe(tx: Tx, { id, options }: DhcpOptions): sdk.DhcpOptions {
  return {
    DhcpOptionsId: id,
    OwnerId: accountIn(tx),
    DhcpConfigurations: options.map(({ key, values }) => ({ Key: key, Values: values.map((Value) => ({ Value })) })),
    Tags: shownTags(tx, id),
  }
}
