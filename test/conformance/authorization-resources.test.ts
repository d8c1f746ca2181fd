import { describe, expect, test } from "vitest"
import { parseArn, resourceOf } from "../../src/aws/arn.ts"
import type { Question } from "../../src/aws/authorizer.ts"
import { frontDoor } from "../../src/aws/front-door.ts"
import { serviceShape } from "../../src/aws/protocols/operation-shape.ts"
import { untilAnswered } from "../../src/aws/testing.ts"
import { startWorld } from "../../src/services/testing.ts"
import { ECS_RESOURCES, undocumentedKeys } from "./documented-keys.ts"
import { command, type Sdk, wiredClient } from "./sdk.ts"
import { settingFor, smallestInput, wholeCatalog } from "./setting.ts"

// What every operation asks policies: about which resources, and with which condition keys.

/** Nobody is asked whether he may do these. */
const OPEN_TO_ALL = ["GetCallerIdentity", "GetSessionToken"]

/** Whoever calls these is not signed, so there is no caller to ask about; who is trusted is a matter of the token. */
const UNSIGNED = ["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"]

describe.each(wholeCatalog())("$name", async (service) => {
  const sdk = (await service.sdk()) as Sdk
  const shapes = serviceShape(sdk)
  const setting = settingFor(service.name)

  /** What is asked when the operation gets the smallest input that is right. */
  async function askedBy(name: string): Promise<{ account: string; asked: readonly Question[] }> {
    const region = await startWorld({ services: wholeCatalog() })
    const input = smallestInput(shapes.operation(name)!, await setting.prepare(region))
    const asked: Question[] = []
    // Conditions read the store, which they may only while the operation runs.
    const authorizer = (question: Question) => void asked.push({ ...question, conditions: question.conditions })
    const door = frontDoor({ ...region.doorOptions, authorizer })
    const client = wiredClient(sdk, (request) => untilAnswered(door.handle(request), region.world), {
      credentials: region.credentials,
      systemClockOffset: region.world.now() - Date.now(),
    })
    // Some have nothing to answer with; by then they have asked.
    await client.send(command(sdk, name, input)).catch(() => undefined)
    return { account: region.account, asked }
  }

  const names = Object.keys(service.operations).filter((name) => ![...OPEN_TO_ALL, ...UNSIGNED].includes(name))

  test.each(names)("%s asks about resources of its own account, with keys that AWS documents", async (name) => {
    const { account, asked } = await askedBy(name)
    expect(asked).not.toEqual([])
    for (const { action, resource, conditions } of asked) {
      const keys = Object.keys(conditions).filter((key) => conditions[key] !== undefined)
      expect(undocumentedKeys(action, keys)).toEqual([])
      if (resource === "*") continue
      const arn = parseArn(resource)
      expect(arn, resource).toBeDefined()
      expect(["", "aws", account]).toContain(arn!.account)
      expect(["", "us-east-1"]).toContain(arn!.region)
    }
  })

  // For other services there is no such table.
  test.each(service.name === "ecs" ? names : [])("%s asks about the kinds of resources that AWS says", async (name) => {
    const { asked } = await askedBy(name)
    const own = asked.filter(({ action }) => action === `ecs:${name}`).map(({ resource }) => resource)
    const kinds = own.flatMap((resource) => (resource === "*" ? [] : resourceOf(parseArn(resource)!).type))
    // Where all of a kind are meant it is `*`, too.
    if (own.includes("*")) expect(kinds).toEqual([])
    else expect([...new Set(kinds)].sort()).toEqual(ECS_RESOURCES[name])
  })
})
