import { Fault } from "../../../aws/fault.ts"
import { recordsOf, repositoryArn } from "../names.ts"
import { createRepository } from "../repository/create.ts"
import { templateFor } from "../repository/template.ts"
import { actAs, type Visit } from "./visit.ts"

/** Where a template says so, a push makes the repository that it is for, if whoever pushes may. */
export async function createdOnPush<T>(visit: Visit, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "RepositoryNotFoundException") throw error
    const made = await actAs(visit, "CreateRepository", (call) => {
      const tx = recordsOf(call, visit.home)
      const template = templateFor(tx, visit.name, "CREATE_ON_PUSH")
      if (template === undefined) {
        call.openToAll()
        return false
      }
      call.authorize(repositoryArn(visit.home, visit.name))
      createRepository(call, tx, visit.name, template)
      return true
    })
    if (!made) throw error
    return work()
  }
}
