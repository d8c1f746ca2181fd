import { expect, test } from "vitest"
import { startWorld } from "../../src/services/testing.ts"

// What policies and keys let users do with parameters.

function allowing(Action: string | readonly string[], Resource: string | readonly string[] = "*", more: object = {}) {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource, ...more }] }
}

const DENIED = { name: "AccessDeniedException" }
const put = { Name: "/shop/url", Value: "v", Type: "String" } as const

test("a user reads what its policy names, and a path only as a whole", async () => {
  const { ssm, as, account } = await startWorld()
  await ssm.putParameter(put)
  await ssm.putParameter({ ...put, Name: "/other" })
  const base = `arn:aws:ssm:us-east-1:${account}:parameter`
  const user = as({ user: allowing(["ssm:GetParameter*"], `${base}/shop/*`) }).ssm
  await user.getParameter({ Name: "/shop/url" })
  await expect(user.getParameter({ Name: "/other" })).rejects.toMatchObject({
    ...DENIED,
    message: expect.stringContaining(`ssm:GetParameter on resource: ${base}/other because no identity-based policy`),
  })
  await expect(user.getParameters({ Names: ["/shop/url", "/other"] })).rejects.toMatchObject(DENIED)
  await expect(user.getParametersByPath({ Path: "/shop" })).rejects.toMatchObject(DENIED)
  const whole = as({ user: allowing("ssm:GetParametersByPath", `${base}/shop`) }).ssm
  expect((await whole.getParametersByPath({ Path: "/shop/" })).Parameters).toHaveLength(1)
})

test("a policy can ask whether something is overwritten, and for tags", async () => {
  const { ssm, as } = await startWorld()
  const Condition = { StringEquals: { "ssm:Overwrite": "false" } }
  const user = as({ user: allowing("ssm:PutParameter", "*", { Condition }) }).ssm
  await user.putParameter(put)
  await expect(user.putParameter({ ...put, Overwrite: true })).rejects.toMatchObject(DENIED)

  await ssm.addTagsToResource({
    ResourceType: "Parameter",
    ResourceId: put.Name,
    Tags: [{ Key: "stage", Value: "test" }],
  })
  const reads = (key: string, value: string) =>
    as({ user: allowing("ssm:GetParameter", "*", { Condition: { StringEquals: { [key]: value } } }) })
      .ssm.getParameter({ Name: put.Name })
      .then(
        () => true,
        () => false,
      )
  expect(await reads("ssm:resourceTag/stage", "test")).toBe(true)
  expect(await reads("aws:ResourceTag/stage", "test")).toBe(true)
  expect(await reads("aws:ResourceTag/stage", "prod")).toBe(false)
})

test("a SecureString under a key of the account's own is put and read by whoever may use that key through this service", async () => {
  const { kms, as } = await startWorld()
  const { KeyId, Arn } = (await kms.createKey({})).KeyMetadata!
  const Condition = { StringEquals: { "kms:ViaService": "ssm.us-east-1.amazonaws.com" } }
  const user = (...actions: string[]) => {
    const Statement = [
      ...allowing("ssm:*").Statement,
      ...(actions.length === 0 ? [] : allowing(actions, Arn, { Condition }).Statement),
    ]
    return as({ user: { Version: "2012-10-17", Statement } }).ssm
  }
  const secure = { ...put, Type: "SecureString", KeyId: KeyId! } as const
  await expect(user().putParameter(secure)).rejects.toThrow("kms:Encrypt")
  await user("kms:Encrypt").putParameter(secure)
  await user().getParameter({ Name: put.Name })
  await expect(user().getParameter({ Name: put.Name, WithDecryption: true })).rejects.toThrow("kms:Decrypt")
  const opened = await user("kms:Decrypt").getParameter({ Name: put.Name, WithDecryption: true })
  expect(opened.Parameter!.Value).toBe("v")
  const advanced = { ...secure, Name: "/shop/large", Tier: "Advanced" } as const
  await expect(user("kms:Encrypt").putParameter(advanced)).rejects.toThrow("kms:GenerateDataKey")
})

test("AWS's own parameters are read by whoever may read parameters of no account", async () => {
  const { as } = await startWorld()
  const Name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
  const user = as({ user: allowing("ssm:GetParameter*", "arn:aws:ssm:*::parameter/aws/service/*") }).ssm
  expect((await user.getParameter({ Name })).Parameter!.Value).toMatch(/^ami-/)
  const listed = await user.getParametersByPath({ Path: Name.slice(0, -"/image_id".length) })
  expect(listed.Parameters!.map((parameter) => parameter.Name)).toContain(Name)
  await expect(user.getParameter({ Name: "/shop" })).rejects.toMatchObject(DENIED)
})
