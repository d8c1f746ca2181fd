import { expect, test } from "vitest"
import { parameters } from "../../src/services/ssm/tables.ts"
import { startWorld, type TestWorld } from "../../src/services/testing.ts"
import { regionScope } from "../../src/store/changes.ts"

const DAY_MS = 24 * 60 * 60 * 1000

/** Lets time pass, and comes back as a caller whose clock has gone on as well. */
async function later(region: Pick<TestWorld, "world" | "as">, ms: number) {
  await region.world.advance(ms)
  return region.as({}).ssm
}

test("a parameter is put, read by name and by ARN, and overwritten only on purpose", async () => {
  const { ssm, account, principal } = { ...(await startWorld()), principal: "root" }
  expect(
    await ssm.putParameter({ Name: "/shop/url", Value: "http://a", Type: "String", Description: "d" }),
  ).toMatchObject({
    Version: 1,
    Tier: "Standard",
  })
  const ARN = `arn:aws:ssm:us-east-1:${account}:parameter/shop/url`
  for (const Name of ["/shop/url", ARN]) {
    expect((await ssm.getParameter({ Name })).Parameter).toEqual({
      Name: "/shop/url",
      Type: "String",
      Value: "http://a",
      Version: 1,
      LastModifiedDate: expect.any(Date),
      ARN,
      DataType: "text",
    })
  }
  const again = { Name: "/shop/url", Value: "http://b" }
  await expect(ssm.putParameter({ ...again, Type: "String" })).rejects.toMatchObject({
    name: "ParameterAlreadyExists",
    message: "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
  })
  expect((await ssm.putParameter({ ...again, Overwrite: true })).Version).toBe(2)
  await expect(ssm.putParameter({ ...again, Overwrite: true, Type: "SecureString" })).rejects.toMatchObject({
    name: "HierarchyTypeMismatchException",
  })
  await expect(ssm.putParameter({ ...again, Overwrite: true, Tags: [{ Key: "a", Value: "b" }] })).rejects.toThrow(
    "tags and overwrite can't be used together",
  )
  expect((await ssm.describeParameters({})).Parameters).toMatchObject([
    {
      Name: "/shop/url",
      ARN,
      Type: "String",
      Description: "d",
      Version: 2,
      Tier: "Standard",
      Policies: [],
      DataType: "text",
      LastModifiedUser: `arn:aws:iam::${account}:${principal}`,
    },
  ])
  await expect(ssm.getParameter({ Name: "/shop" })).rejects.toMatchObject({ name: "ParameterNotFound" })
})

test.each([
  ["aws.a", "ValidationException", 'can\'t be prefixed with "aws" or "ssm"'],
  ["SSMa", "ValidationException", 'can\'t be prefixed with "aws" or "ssm"'],
  ["/ssm/a", "ValidationException", 'can\'t be prefixed with "ssm"'],
  ["/aws/a", "AccessDeniedException", "No access to reserved parameter name: /aws/a."],
  ["a/b", "ValidationException", "must be a fully qualified name"],
  ["/a//b", "ValidationException", "letters, numbers and the following 3 symbols"],
  ["/a b", "ValidationException", "letters, numbers and the following 3 symbols"],
  [`/${"a/".repeat(15)}a`, "HierarchyLevelLimitExceededException", "a maximum of 15 levels"],
])("%s is no name for a parameter", async (Name, name, message) => {
  const { ssm } = await startWorld()
  const put = ssm.putParameter({ Name, Value: "x", Type: "String" })
  await expect(put).rejects.toMatchObject({ name, message: expect.stringContaining(message) })
})

test("a value must have a type, fit its pattern and its tier", async () => {
  const { ssm } = await startWorld()
  const put = (request: object) => ssm.putParameter({ Name: "p", Value: "12", Type: "String", ...request })
  await expect(put({ Type: undefined })).rejects.toThrow("A parameter type is required when you create a parameter.")
  await expect(put({ Type: "Number" })).rejects.toThrow(
    "Member must satisfy enum value set: [SecureString, StringList, String]",
  )
  await expect(put({ Value: "" })).rejects.toThrow("Member must have length greater than or equal to 1.")
  await expect(put({ AllowedPattern: "^[a-z]+$" })).rejects.toMatchObject({
    name: "ParameterPatternMismatchException",
    message: "Parameter value, cannot be validated against allowedPattern: ^[a-z]+$",
  })
  await expect(put({ AllowedPattern: "(" })).rejects.toMatchObject({ name: "InvalidAllowedPatternException" })
  await expect(put({ DataType: "Text" })).rejects.toThrow("The following data type is not supported: Text")
  await expect(put({ DataType: "aws:ec2:image" })).rejects.toMatchObject({ name: "ValidationException" })
  await expect(put({ Value: "x".repeat(4097) })).rejects.toThrow("a maximum parameter value of 4096 characters")
  await expect(put({ Value: "x".repeat(8193), Tier: "Advanced" })).rejects.toThrow("a maximum parameter value of 8192")

  await put({ AllowedPattern: "^\\d+$" })
  await expect(put({ Value: "x", Overwrite: true })).rejects.toMatchObject({
    name: "ParameterPatternMismatchException",
  })
  await put({ Value: "x", Overwrite: true, AllowedPattern: "" })
  expect((await ssm.describeParameters({})).Parameters![0]).not.toHaveProperty("AllowedPattern")
  const larger = { Name: "large", Value: "x".repeat(5000) }
  expect((await put({ ...larger, Tier: "Intelligent-Tiering" })).Tier).toBe("Advanced")
  await expect(put({ ...larger, Value: "x", Overwrite: true, Tier: "Standard" })).rejects.toThrow("can't downgrade")
  expect((await put({ Name: "small", Tier: "Intelligent-Tiering" })).Tier).toBe("Standard")
})

test("a SecureString is shown in the clear only where that is asked for", async () => {
  const { ssm, kms } = await startWorld()
  await ssm.putParameter({ Name: "/db/password", Value: "hunter2", Type: "SecureString" })
  const sealed = (await ssm.getParameter({ Name: "/db/password" })).Parameter!
  expect(sealed).toMatchObject({ Type: "SecureString", Value: expect.not.stringContaining("hunter2") })
  const opened = await ssm.getParameter({ Name: "/db/password", WithDecryption: true })
  expect(opened.Parameter!.Value).toBe("hunter2")
  expect((await ssm.describeParameters({})).Parameters![0]!.KeyId).toBe("alias/aws/ssm")

  const { KeyId, Arn } = (await kms.createKey({})).KeyMetadata!
  await ssm.putParameter({ Name: "/db/user", Value: "ann", Type: "SecureString", KeyId })
  await kms.disableKey({ KeyId })
  await expect(ssm.getParameter({ Name: "/db/user", WithDecryption: true })).rejects.toMatchObject({
    name: "InvalidKeyId",
    message: `${Arn} is disabled.`,
  })
  await ssm.getParameter({ Name: "/db/user" })
  await expect(
    ssm.putParameter({ Name: "/db/b", Value: "x", Type: "SecureString", KeyId: "alias/none" }),
  ).rejects.toMatchObject({ name: "InvalidKeyId" })
  await expect(ssm.putParameter({ Name: "c", Value: "x", Type: "String", KeyId })).rejects.toThrow("SecureString only")
})

test("versions and labels select what is read", async () => {
  const { ssm, account } = await startWorld()
  const Name = "/shop/color"
  for (const Value of ["red", "green", "blue"]) await ssm.putParameter({ Name, Value, Type: "String", Overwrite: true })
  expect(
    await ssm.labelParameterVersion({ Name, ParameterVersion: 2, Labels: ["prod", "1st", "aws-x"] }),
  ).toMatchObject({
    InvalidLabels: ["1st", "aws-x"],
    ParameterVersion: 2,
  })
  const value = async (name: string) => (await ssm.getParameter({ Name: name })).Parameter
  expect(await value(`${Name}:prod`)).toMatchObject({ Name, Value: "green", Version: 2, Selector: ":prod" })
  expect(await value(`${Name}:1`)).toMatchObject({ Value: "red", Selector: ":1" })
  expect(await value(`arn:aws:ssm:us-east-1:${account}:parameter/shop/color:prod`)).toMatchObject({ Value: "green" })
  expect(await value(Name)).toMatchObject({ Value: "blue" })
  await expect(value(`${Name}:9`)).rejects.toMatchObject({
    name: "ParameterVersionNotFound",
    message: expect.stringContaining("Systems Manager could not find version 9 of /shop/color."),
  })
  await expect(value(`${Name}:test`)).rejects.toMatchObject({ name: "ParameterVersionNotFound" })

  await ssm.labelParameterVersion({ Name, Labels: ["prod", "new"] })
  const { Parameters } = await ssm.getParameterHistory({ Name })
  expect(Parameters!.map(({ Version, Value, Labels }) => [Version, Value, Labels])).toEqual([
    [1, "red", []],
    [2, "green", []],
    [3, "blue", ["new", "prod"]],
  ])
  const first = await ssm.getParameterHistory({ Name, MaxResults: 2 })
  const second = await ssm.getParameterHistory({ Name, MaxResults: 2, NextToken: first.NextToken! })
  expect([first.Parameters!.length, second.Parameters!.length, second.NextToken]).toEqual([2, 1, undefined])

  expect(await ssm.unlabelParameterVersion({ Name, ParameterVersion: 3, Labels: ["new", "old"] })).toMatchObject({
    RemovedLabels: ["new"],
    InvalidLabels: ["old"],
  })
  const many = Array.from({ length: 10 }, (_, index) => `l${index}`)
  await expect(ssm.labelParameterVersion({ Name, Labels: many })).rejects.toMatchObject({
    name: "ParameterVersionLabelLimitExceeded",
  })
})

test("several are read at once, and those that are not there are told", async () => {
  const { ssm } = await startWorld()
  await ssm.putParameter({ Name: "a", Value: "1", Type: "String" })
  await ssm.putParameter({ Name: "/b/c", Value: "2,3", Type: "StringList" })
  const read = await ssm.getParameters({ Names: ["a", "/b/c", "a:7", "none", "a:1"] })
  expect(read.Parameters!.map(({ Name, Value, Selector }) => [Name, Value, Selector])).toEqual([
    ["a", "1", undefined],
    ["/b/c", "2,3", undefined],
    ["a", "1", ":1"],
  ])
  expect(read.InvalidParameters).toEqual(["a:7", "none"])
  const eleven = Array.from({ length: 11 }, (_, index) => `n${index}`)
  await expect(ssm.getParameters({ Names: eleven })).rejects.toThrow("less than or equal to 10")

  const deleted = await ssm.deleteParameters({ Names: ["a", "none"] })
  expect(deleted).toMatchObject({ DeletedParameters: ["a"], InvalidParameters: ["none"] })
  await ssm.deleteParameter({ Name: "/b/c" })
  await expect(ssm.deleteParameter({ Name: "/b/c" })).rejects.toMatchObject({ name: "ParameterNotFound" })
  expect((await ssm.putParameter({ Name: "a", Value: "new", Type: "String" })).Version).toBe(1)
})

test("what lies below a path is listed by levels, filters and pages", async () => {
  const { ssm } = await startWorld()
  const put = (Name: string, Type: "String" | "SecureString" = "String") =>
    ssm.putParameter({ Name, Type, Value: `value of ${Name}` })
  for (const name of ["/shop/a", "/shop/b", "/shop/db/user", "/shopping/x", "plain", "/shop"]) await put(name)
  await put("/shop/db/password", "SecureString")
  const names = async (request: object) => {
    const found: string[] = []
    let NextToken: string | undefined
    do {
      const page = await ssm.getParametersByPath({ Path: "/shop", ...request, ...(NextToken && { NextToken }) })
      found.push(...page.Parameters!.map(({ Name }) => Name!))
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    return found
  }
  expect(await names({})).toEqual(["/shop/a", "/shop/b"])
  const all = ["/shop/a", "/shop/b", "/shop/db/password", "/shop/db/user"]
  expect(await names({ Recursive: true })).toEqual(all)
  expect(await names({ Recursive: true, MaxResults: 1, Path: "/shop/" })).toEqual(all)
  expect(await names({ Path: "/" })).toEqual(["/shop"])
  const secure = [{ Key: "Type", Values: ["SecureString"] }]
  expect(await names({ Recursive: true, ParameterFilters: secure })).toEqual(["/shop/db/password"])
  expect(await names({ Path: "/shop/d" })).toEqual([])

  await ssm.putParameter({ Name: "/shop/a", Value: "newer", Overwrite: true })
  await ssm.labelParameterVersion({ Name: "/shop/a", ParameterVersion: 1, Labels: ["prod"] })
  const ParameterFilters = [{ Key: "Label", Values: ["prod"] }]
  const { Parameters } = await ssm.getParametersByPath({ Path: "/shop", ParameterFilters })
  expect(Parameters).toMatchObject([{ Name: "/shop/a", Version: 1, Value: "value of /shop/a" }])

  const opened = await ssm.getParametersByPath({ Path: "/shop/db", WithDecryption: true })
  expect(opened.Parameters!.map(({ Value }) => Value)).toEqual(["value of /shop/db/password", "value of /shop/db/user"])
  await expect(names({ Path: "shop" })).rejects.toThrow('must begin with a forward slash "/"')
  await expect(names({ ParameterFilters: [{ Key: "Name", Values: ["a"] }] })).rejects.toMatchObject({
    name: "InvalidFilterKey",
  })
})

test("parameters are described by filters of both kinds", async () => {
  const { ssm } = await startWorld()
  const put = (Name: string, more: object = {}) => ssm.putParameter({ Name, Type: "String", Value: "v", ...more })
  await put("/shop/a", { Tags: [{ Key: "stage", Value: "prod" }] })
  await put("/shop/b/c", { Tier: "Advanced" })
  await put("plain", { Type: "SecureString" })
  const names = async (...ParameterFilters: { Key: string; Option?: string; Values?: string[] }[]) =>
    (await ssm.describeParameters({ ParameterFilters })).Parameters!.map(({ Name }) => Name)

  expect(await names({ Key: "Name", Values: ["plain"] })).toEqual(["plain"])
  expect(await names({ Key: "Name", Option: "BeginsWith", Values: ["/shop"] })).toEqual(["/shop/a", "/shop/b/c"])
  expect(await names({ Key: "Name", Option: "Contains", Values: ["b"] })).toEqual(["/shop/b/c"])
  expect(await names({ Key: "Path", Values: ["/shop"] })).toEqual(["/shop/a"])
  expect(await names({ Key: "Path", Option: "Recursive", Values: ["/shop"] })).toEqual(["/shop/a", "/shop/b/c"])
  expect(await names({ Key: "Tier", Values: ["Advanced"] })).toEqual(["/shop/b/c"])
  expect(await names({ Key: "KeyId", Values: ["alias/aws/ssm"] })).toEqual(["plain"])
  expect(await names({ Key: "tag:stage", Values: ["prod"] })).toEqual(["/shop/a"])
  expect(await names({ Key: "tag:stage" })).toEqual(["/shop/a"])
  expect(await names({ Key: "Type", Values: ["String"] }, { Key: "Name", Values: ["plain"] })).toEqual([])
  const old = await ssm.describeParameters({ Filters: [{ Key: "Name", Values: ["/shop"] }] })
  expect(old.Parameters).toHaveLength(2)
  expect((await ssm.describeParameters({ Shared: true })).Parameters).toEqual([])

  await expect(names({ Key: "Colour", Values: ["red"] })).rejects.toMatchObject({ name: "ValidationException" })
  await expect(names({ Key: "Name" })).rejects.toMatchObject({ name: "InvalidFilterValue" })
  await expect(names({ Key: "Type", Values: ["Text"] })).rejects.toMatchObject({ name: "InvalidFilterOption" })
  await expect(names({ Key: "Type", Option: "Contains", Values: ["String"] })).rejects.toThrow("Valid options include")
  await expect(names({ Key: "Path", Values: ["/aws"] })).rejects.toThrow("within a global namespace")
  const first = await ssm.describeParameters({ MaxResults: 2 })
  const second = await ssm.describeParameters({ MaxResults: 2, NextToken: first.NextToken! })
  expect([...first.Parameters!, ...second.Parameters!].map(({ Name }) => Name)).toEqual([
    "/shop/a",
    "/shop/b/c",
    "plain",
  ])
  await expect(ssm.describeParameters({ MaxResults: 3, NextToken: "x" })).rejects.toMatchObject({
    name: "InvalidNextToken",
  })
})

test("a hundred versions are kept, and the oldest goes unless it has a label", async () => {
  const { ssm } = await startWorld()
  const put = (Value: number) => ssm.putParameter({ Name: "a", Type: "String", Overwrite: true, Value: String(Value) })
  for (let value = 1; value <= 101; value++) await put(value)
  await expect(ssm.getParameter({ Name: "a:1" })).rejects.toMatchObject({ name: "ParameterVersionNotFound" })
  await ssm.labelParameterVersion({ Name: "a", ParameterVersion: 2, Labels: ["keep"] })
  await expect(put(102)).rejects.toMatchObject({ name: "ParameterMaxVersionLimitExceeded" })
  await ssm.labelParameterVersion({ Name: "a", ParameterVersion: 3, Labels: ["keep"] })
  expect((await put(102)).Version).toBe(102)
  await ssm.deleteParameter({ Name: "a" })
  await put(1)
  expect((await ssm.getParameterHistory({ Name: "a" })).Parameters).toHaveLength(1)
})

test("a parameter expires when its policy says so", async () => {
  const region = await startWorld()
  const { ssm, world } = region
  const policy = (at: number) =>
    JSON.stringify([{ Type: "Expiration", Version: "1.0", Attributes: { Timestamp: new Date(at).toISOString() } }])
  const put = (Name: string, more: object) => ssm.putParameter({ Name, Type: "String", Value: "x", ...more })
  await expect(put("a", { Policies: policy(world.now()) })).rejects.toThrow("Set Tier to Advanced")
  await expect(put("a", { Policies: '[{"Type":"Forever"}]', Tier: "Advanced" })).rejects.toMatchObject({
    name: "InvalidPolicyTypeException",
  })
  const Policies = policy(world.now() + DAY_MS)
  await put("a", { Policies, Tier: "Advanced" })
  await put("b", { Policies, Tier: "Advanced" })
  const { Parameters } = await ssm.describeParameters({})
  expect(Parameters![0]!.Policies).toMatchObject([{ PolicyType: "Expiration", PolicyStatus: "Pending" }])
  await put("b", { Policies: "[{}]", Overwrite: true })

  const before = await later(region, DAY_MS - 60_000)
  expect((await before.getParameters({ Names: ["a", "b"] })).InvalidParameters).toEqual([])
  const after = await later(region, 120_000)
  expect((await after.getParameters({ Names: ["a", "b"] })).InvalidParameters).toEqual(["a"])
})

test("tags are added, shown and taken away", async () => {
  const { ssm } = await startWorld()
  await ssm.putParameter({ Name: "/a", Value: "x", Type: "String", Tags: [{ Key: "a", Value: "1" }] })
  const resource = { ResourceType: "Parameter", ResourceId: "/a" } as const
  await ssm.addTagsToResource({ ...resource, Tags: [{ Key: "b", Value: "2" }] })
  await ssm.removeTagsFromResource({ ...resource, TagKeys: ["a"] })
  expect((await ssm.listTagsForResource(resource)).TagList).toEqual([{ Key: "b", Value: "2" }])
  await expect(ssm.listTagsForResource({ ...resource, ResourceId: "/none" })).rejects.toMatchObject({
    name: "InvalidResourceId",
  })
  await expect(ssm.listTagsForResource({ ...resource, ResourceType: "Document" })).rejects.toMatchObject({
    name: "InvalidResourceType",
  })
})

test("templates find the images that they ask AWS's own parameters for", async () => {
  const { ssm } = await startWorld()
  const base = "/aws/service/ecs/optimized-ami/amazon-linux-2023"
  const { Parameters, InvalidParameters } = await ssm.getParameters({
    Names: [
      `${base}/recommended`,
      `${base}/recommended/image_id`,
      `${base}/arm64/recommended/image_id`,
      "/aws/service/ecs/optimized-ami/amazon-linux-2/gpu/recommended/image_id",
      "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
      "/aws/service/none",
    ],
  })
  expect(InvalidParameters).toEqual(["/aws/service/none"])
  const [recommended, ...images] = Parameters!
  expect(recommended!.ARN).toBe(`arn:aws:ssm:us-east-1::parameter${base}/recommended`)
  expect(JSON.parse(recommended!.Value!)).toMatchObject({
    image_id: images[0]!.Value,
    os: expect.stringContaining("Homeport"),
  })
  for (const { Value } of images) expect(Value).toMatch(/^ami-[0-9a-f]{17}$/)
  expect(new Set(images.map(({ Value }) => Value)).size).toBe(4)

  const listed = await ssm.getParametersByPath({ Path: `${base}/recommended` })
  expect(listed.Parameters!.map(({ Name }) => Name)).toContain(`${base}/recommended/image_id`)
  const regions = await ssm.getParametersByPath({ Path: "/aws/service/global-infrastructure/regions", MaxResults: 10 })
  expect(regions.Parameters).toHaveLength(10)
  expect(regions.NextToken).toBeDefined()
  expect((await ssm.describeParameters({})).Parameters).toEqual([])
})

test("the rest of Systems Manager is refused by name", async () => {
  const { ssm } = await startWorld()
  await expect(ssm.sendCommand({ DocumentName: "AWS-RunShellScript" })).rejects.toThrow(
    "Homeport does not have ssm:SendCommand yet.",
  )
  await expect(ssm.putResourcePolicy({ ResourceArn: "arn:aws:ssm:a:b:c", Policy: "{}" })).rejects.toThrow(
    "Homeport does not have ssm:PutResourcePolicy yet.",
  )
})

test("no record, log line or error says what a parameter is, of whatever type", async () => {
  const region = await startWorld()
  const { ssm, store, log } = region
  const told: string[] = []
  store.observe(({ changes }) => told.push(JSON.stringify(changes.map(({ after }) => after ?? null))))
  const value = "correct-horse-battery-staple"
  const refused = (work: Promise<unknown>) => work.catch((error) => told.push(`${error}`))
  for (const Type of ["String", "StringList", "SecureString"] as const) {
    await ssm.putParameter({ Name: Type, Type, Value: value })
    await ssm.getParameter({ Name: Type, WithDecryption: true })
    await refused(ssm.putParameter({ Name: Type, Type, Value: value, Overwrite: true, AllowedPattern: "^\\d$" }))
    await refused(ssm.putParameter({ Name: "long", Type, Value: value.repeat(400) }))
    await refused(ssm.putParameter({ Name: "/aws/x", Type, Value: value }))
  }
  const everything = [...told, JSON.stringify(log.lines)].join("\n")
  expect(told.length).toBeGreaterThan(11)
  for (const form of [value, Buffer.from(value).toString("base64").slice(0, -4), Buffer.from(value).toString("hex")]) {
    expect(everything).not.toContain(form)
  }
})

test("another account sees nothing of a parameter, and is denied it by ARN", async () => {
  const { ssm, as, account } = await startWorld()
  await ssm.putParameter({ Name: "/a", Value: "x", Type: "String" })
  const { ssm: theirs } = as({ account: "another" })
  await expect(theirs.getParameter({ Name: "/a" })).rejects.toMatchObject({ name: "ParameterNotFound" })
  const Name = `arn:aws:ssm:us-east-1:${account}:parameter/a`
  await expect(theirs.getParameter({ Name })).rejects.toMatchObject({ name: "AccessDeniedException" })
  expect((await theirs.describeParameters({})).Parameters).toEqual([])
  await expect(as({ region: "eu-west-1" }).ssm.getParameter({ Name: "/a" })).rejects.toMatchObject({
    name: "ParameterNotFound",
  })
})

test("an account has so many parameters and no more, but goes on changing those that it has", async () => {
  const { ssm, store, account } = await startWorld()
  const put = (Name: string, Overwrite = false) => ssm.putParameter({ Name, Value: "x", Type: "String", Overwrite })
  await put("first")
  store.transact(regionScope(account, "us-east-1"), (tx) => {
    const first = tx.mustGet(parameters, "first")
    for (let n = 1; n < 10_000; n++) tx.put(parameters, { ...first, name: `copy-${n}` })
  })
  await expect(put("one-more")).rejects.toMatchObject({ name: "ParameterLimitExceeded" })
  await put("first", true)
})
