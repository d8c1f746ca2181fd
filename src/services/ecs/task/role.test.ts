import { expect, test } from "vitest"
import { type Shop, startShop } from "./testing.ts"
import { isTrustedByTasks } from "./trust.ts"

const ABLE = ["task-iam-role", "docker-remote-api.1.17"].map((name) => ({
  name: `com.amazonaws.ecs.capability.${name}`,
}))

const TRUSTING = trustIn("ecs-tasks.amazonaws.com")

function trustIn(Service: string, Condition?: object): string {
  const Statement = [
    { Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole", ...(Condition && { Condition }) },
  ]
  return JSON.stringify({ Version: "2012-10-17", Statement })
}

async function aRole({ as }: Shop, RoleName: string, AssumeRolePolicyDocument = TRUSTING): Promise<string> {
  return (await as({}).iam.createRole({ RoleName, AssumeRolePolicyDocument })).Role!.Arn!
}

function define({ as }: Shop, roles: { readonly taskRoleArn?: string; readonly executionRoleArn?: string }) {
  return as({}).ecs.registerTaskDefinition({
    family: "acting",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 32 }],
    ...roles,
  })
}

function run({ as }: Shop, caller = as({})) {
  return caller.ecs.runTask({ cluster: "shop", taskDefinition: "acting" })
}

const refusal = (arn: string) =>
  `ECS was unable to assume the role '${arn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`

test("a task whose role is not there is not started, and one whose role comes later is", async () => {
  const shop = await startShop()
  shop.instance("a", { attributes: ABLE })
  const arn = `arn:aws:iam::${shop.account}:role/app`
  await define(shop, { taskRoleArn: "app" })

  await expect(run(shop)).rejects.toMatchObject({ name: "ClientException", message: refusal(arn) })
  expect(await aRole(shop, "app")).toBe(arn)
  expect((await run(shop)).tasks).toHaveLength(1)
})

test("a role that trusts somebody else, or tasks of another account, is not taken", async () => {
  const shop = await startShop()
  shop.instance("a", { attributes: ABLE })
  const ofMachines = await aRole(shop, "machines", trustIn("ec2.amazonaws.com"))
  const another = { StringEquals: { "aws:SourceAccount": "999999999999" } }
  const ofOthers = await aRole(shop, "others", trustIn("ecs-tasks.amazonaws.com", another))
  const own = { ArnLike: { "aws:SourceArn": `arn:aws:ecs:us-east-1:${shop.account}:*` } }
  const ofOwn = await aRole(shop, "own", trustIn("ecs-tasks.amazonaws.com", own))

  for (const role of [ofMachines, ofOthers]) {
    await define(shop, { taskRoleArn: role })
    await expect(run(shop)).rejects.toThrow(refusal(role))
  }
  await define(shop, { taskRoleArn: ofOwn })
  expect((await run(shop)).tasks).toHaveLength(1)
})

test("a role of another account is nobody's to pass, however trusting it is", async () => {
  const shop = await startShop()
  shop.instance("a", { attributes: ABLE })
  const { iam } = shop.as({ account: "another" })
  const theirs = (await iam.createRole({ RoleName: "app", AssumeRolePolicyDocument: TRUSTING })).Role!.Arn!

  await expect(define(shop, { taskRoleArn: theirs })).rejects.toThrow("Role is not valid")
  expect(shop.store.transact(shop.scope, (tx) => isTrustedByTasks(tx, theirs))).toBe(false)
})

test("a role is named as it is called in the region's partition, so that a denial of it cannot be passed by", async () => {
  const shop = await startShop()
  shop.instance("a", { attributes: ABLE })
  const own = await aRole(shop, "admin")
  for (const named of [own.replace("arn:aws:", "arn:aws-cn:"), own.replace("iam::", "iam:us-east-1:")]) {
    await expect(define(shop, { taskRoleArn: named })).rejects.toThrow("Role is not valid")
    expect(shop.store.transact(shop.scope, (tx) => isTrustedByTasks(tx, named))).toBe(false)
  }
})

test("who may not pass a role may neither register nor run what has it", async () => {
  const shop = await startShop()
  shop.instance("a", { attributes: ABLE })
  const role = await aRole(shop, "app")
  await define(shop, { taskRoleArn: role })
  const allowing = (...Action: string[]) => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action, Resource: "*" }],
  })
  const runner = shop.as({ user: allowing("ecs:*") })

  const passing = `is not authorized to perform: iam:PassRole on resource: ${role} because no identity-based policy allows the iam:PassRole action`
  const definition = { containerDefinitions: [{ name: "app", image: "nginx", memory: 32 }], taskRoleArn: role }
  await expect(runner.ecs.registerTaskDefinition({ family: "mine", ...definition })).rejects.toThrow(passing)
  await expect(run(shop, runner)).rejects.toThrow(passing)
  const passer = shop.as({ user: allowing("ecs:*", "iam:PassRole") })
  expect((await run(shop, passer)).tasks).toHaveLength(1)
})

test("a role may be passed to tasks alone", async () => {
  const shop = await startShop()
  const role = await aRole(shop, "app")
  const passing = (service: string) =>
    shop.as({
      user: {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: "ecs:*", Resource: "*" },
          {
            Effect: "Allow",
            Action: "iam:PassRole",
            Resource: role,
            Condition: { StringEquals: { "iam:PassedToService": service } },
          },
        ],
      },
    })
  const definition = {
    family: "mine",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 32 }],
    executionRoleArn: role,
  }

  await passing("ecs-tasks.amazonaws.com").ecs.registerTaskDefinition(definition)
  await expect(passing("ec2.amazonaws.com").ecs.registerTaskDefinition(definition)).rejects.toThrow("iam:PassRole")
})
