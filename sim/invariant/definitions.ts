import { isDeepStrictEqual } from "node:util"
import { type ServiceRevision, serviceRevisions } from "../../src/services/ecs/tables/revision.ts"
import {
  type Family,
  families,
  type TaskDefinition,
  taskDefinitions,
} from "../../src/services/ecs/tables/task-definition.ts"
import { shortArn } from "../transcript.ts"
import type { Invariant } from "./invariant.ts"

const STATUSES: readonly TaskDefinition["status"][] = ["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"]

export const revisionsStand: Invariant = {
  name: "a revision is never used for something else",
  changed({ table, scope, before, after }, { read, breach }) {
    if (table === families) {
      const [was, is] = [before as Family | undefined, after as Family | undefined]
      if (was !== undefined && (is?.latestRevision ?? 0) < was.latestRevision)
        breach(`family ${was.name} counts backwards`)
    }
    if (table === taskDefinitions) {
      const [was, is] = [before as TaskDefinition | undefined, after as TaskDefinition | undefined]
      if (is === undefined) return
      const latest = read(scope, (tx) => tx.get(families, is.family))?.latestRevision ?? 0
      if (is.revision > latest) breach(`${shortArn(is.arn)} is beyond its family's count of ${latest}`)
      if (was === undefined) {
        if (is.revision !== latest) breach(`${shortArn(is.arn)} is registered below its family's count of ${latest}`)
        return
      }
      if (!isDeepStrictEqual(was.definition, is.definition)) breach(`${shortArn(is.arn)} changes what it says`)
      if (STATUSES.indexOf(is.status) < STATUSES.indexOf(was.status))
        breach(`${shortArn(is.arn)} is ${is.status} again`)
    }
    if (table === serviceRevisions && before !== undefined && after !== undefined) {
      const [was, is] = [before as ServiceRevision, after as ServiceRevision]
      if (
        was.definitionArn !== is.definitionArn ||
        was.serviceArn !== is.serviceArn ||
        was.createdAt !== is.createdAt
      ) {
        breach(`${shortArn(is.arn)} changes what it says`)
      }
    }
  },
}
