import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../aws/operations.ts"
import { inVpc } from "./conditions.ts"
import { described } from "./describe.ts"
import { inUse } from "./fault.ts"
import { newId } from "./ids.ts"
import { once } from "./once.ts"
import { permitMaking, permitted } from "./permit.ts"
import { find, remove, routeTableKind, vpcKind } from "./resource.ts"
import { describeRouteTable, routeTableFields } from "./route-table/describe.ts"
import { type RouteTable, routeTableAssociations, routeTables, vpcEndpoints } from "./tables.ts"
import { putTags, tagsAsked } from "./tagging.ts"

export const routeTableOperations = {
  CreateRouteTable(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "route-table")
    permitMaking(call, input, routeTableKind, tags, [`vpc/${input.VpcId}`], () => inVpc(call, input.VpcId))
    const vpc = find(call.tx, vpcKind, input.VpcId!)
    const [id] = once(call, input, () => {
      const routeTable: RouteTable = { id: newId(call.random, "rtb"), vpcId: vpc.id, routes: [] }
      call.tx.put(routeTables, routeTable)
      putTags(call.tx, "route-table", routeTable.id, tags)
      return [routeTable.id]
    })
    const routeTable = find(call.tx, routeTableKind, id!)
    return { RouteTable: describeRouteTable(call.tx, routeTable), ClientToken: input.ClientToken }
  },

  DescribeRouteTables(call, input) {
    const { shown, NextToken } = described(call, input, {
      kind: routeTableKind,
      ids: [input.RouteTableIds, "RouteTableIds"],
      fields: routeTableFields(call.tx),
      indexed: { "vpc-id": "vpc", "route.nat-gateway-id": "target", "route.vpc-peering-connection-id": "target" },
      show: (routeTable) => describeRouteTable(call.tx, routeTable),
    })
    return { RouteTables: shown, NextToken }
  },

  DeleteRouteTable(call, input) {
    const { id } = permitted(call, input, routeTableKind, input.RouteTableId!)
    const isUsed =
      call.tx.some(routeTableAssociations, "routeTable", id) || call.tx.some(vpcEndpoints, "routeTable", id)
    if (isUsed) throw inUse("routeTable", id)
    remove(call.tx, routeTableKind, id)
    return {}
  },
} satisfies Operations<typeof sdk>
