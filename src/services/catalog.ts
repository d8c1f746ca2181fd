import type { Service } from "../aws/service.ts"
import type { AnyTable } from "../store/table.ts"
import { accountTables } from "./accounts/index.ts"
import { ecs } from "./ecs/index.ts"
import { sts } from "./sts/index.ts"

/** Every AWS service there is, earlier ones first: one may call another only if it stands further down. */
export const catalog: readonly Service[] = [sts, ecs]

/** Tables of what is no AWS service. */
export const otherTables: readonly AnyTable[] = accountTables

export const allTables: readonly AnyTable[] = [...otherTables, ...catalog.flatMap((service) => service.tables)]
